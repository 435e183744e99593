import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;

/**
 * Serves the MongoDB wire protocol on a port of our choice; the servers' own main methods know one port only.
 * Arguments: host, port, and the H2 file, or "memory".
 */
public final class Launcher {
  public static void main(String[] args) {
    MongoServer server = new MongoServer(open(args[2]));
    server.bind(args[0], Integer.parseInt(args[1]));
    // closing the backend writes its file, so that the next start has no journal to read
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
  }

  private static MongoBackend open(String file) {
    return file.equals("memory") ? new MemoryDocuments() : H2Documents.open(file);
  }
}
