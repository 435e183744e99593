import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.h2.mvstore.MVStore;

/**
 * Writes the store's file, so that the journal stays short. The file holds states between commands only: a command's
 * changes are in it all or none.
 */
final class Checkpoints {
  private static final int EVERY_MS = 1_000;
  /** The part of the file that is in use, in percent, below which pages of old parts are written anew. */
  private static final int FILL_RATE = 40;
  private static final int REWRITTEN_BYTES = 4 * 1024 * 1024;
  private static final long SMALL_BYTES = 64 * 1024 * 1024;

  private final MVStore store;
  private final Journal journal;
  private final Lock alone;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "checkpoints");
            thread.setDaemon(true);
            return thread;
          });

  Checkpoints(MVStore store, Journal journal, Lock alone) {
    this.store = store;
    this.journal = journal;
    this.alone = alone;
  }

  void start() {
    timer.scheduleWithFixedDelay(this::writeInBackground, EVERY_MS, EVERY_MS, TimeUnit.MILLISECONDS);
  }

  /** Writes everything now. The caller has the lock. */
  void write() {
    if (!store.hasUnsavedChanges()) return;
    long first = journal.rotate();
    store.commit();
    journal.deleteBefore(first);
  }

  void stop() {
    timer.shutdown();
    try {
      timer.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Commands wait while the state is fixed, not while it is written. */
  private void writeInBackground() {
    try {
      long first;
      alone.lock();
      try {
        if (journal.bytes() == 0) return;
        first = journal.rotate();
        if (store.tryCommit() < 0) return;
      } finally {
        alone.unlock();
      }
      // waits until the file holds it
      store.executeFilestoreOperation(() -> {});
      journal.deleteBefore(first);
      if (store.getFileStore().size() > SMALL_BYTES) store.compact(FILL_RATE, REWRITTEN_BYTES);
    } catch (RuntimeException e) {
      // the journal keeps what the file lacks
      e.printStackTrace();
    }
  }
}
