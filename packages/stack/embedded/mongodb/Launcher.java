import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import org.h2.mvstore.MVStore;

/**
 * Serves the MongoDB wire protocol on a port of our choice; the servers' own main methods know one port only.
 * Arguments: host, port, and the H2 file, or "memory".
 */
public final class Launcher {
  /** How long a write may stay in memory only, and so what a hard kill can lose. */
  private static final int COMMIT_AFTER_MS = 100;

  private static final int CACHE_MB = 256;
  /** A change writes its whole page: small ones hold few neighbours. */
  private static final int PAGE_BYTES = 4 * 1024;

  public static void main(String[] args) {
    MongoServer server = new MongoServer(open(args[2]));
    server.bind(args[0], Integer.parseInt(args[1]));
    // closing the backend writes what is still in memory
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
  }

  private static MongoBackend open(String file) {
    if (file.equals("memory")) return new MemoryDocuments();
    MVStore store = new MVStore.Builder().fileName(file).cacheSize(CACHE_MB).pageSplitSize(PAGE_BYTES).open();
    store.setAutoCommitDelay(COMMIT_AFTER_MS);
    return H2Documents.open(store);
  }
}
