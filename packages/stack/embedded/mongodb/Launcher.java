import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import org.h2.mvstore.MVStore;

/**
 * Serves the MongoDB wire protocol on a port of our choice; the servers' own main methods know one port only.
 * Arguments: host, port, and the H2 file, or "memory".
 */
public final class Launcher {
  /** How long a write may stay in memory only, and so what a hard kill can lose. */
  private static final int COMMIT_AFTER_MS = 100;

  public static void main(String[] args) {
    MongoServer server = new MongoServer(open(args[2]));
    server.bind(args[0], Integer.parseInt(args[1]));
    // closing the backend writes what is still in memory
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
  }

  private static MongoBackend open(String file) {
    if (file.equals("memory")) return new MemoryBackend();
    MVStore store = new MVStore.Builder().fileName(file).cacheSize(64).open();
    store.setAutoCommitDelay(COMMIT_AFTER_MS);
    return new H2Backend(store);
  }
}
