import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * The server's H2 backend with documents kept as BSON, index keys compared as what they are, and every write recorded
 * before it is answered. By itself it serializes both by Java's own means, the keys at every comparison, so that each
 * write costs more the more there are; it changes stored documents in place while the store writes them to its file;
 * and it answers before anything is written.
 */
final class H2Documents extends H2Backend {
  private static final int CACHE_MB = 256;
  /** A change writes its whole page: small ones hold few neighbours. */
  private static final int PAGE_BYTES = 4 * 1024;
  private static final Set<String> WRITES = Set.of("insert", "update", "delete", "findandmodify");
  /** Commands that change nothing. Any other may make or drop collections and indexes. */
  private static final Set<String> READS =
      Set.of("find", "getmore", "killcursors", "count", "distinct", "listcollections", "listindexes", "listdatabases",
          "ismaster", "hello", "ping", "buildinfo", "serverstatus", "hostinfo", "whatsmyuri", "getlog", "endsessions",
          "collstats", "dbstats", "getlasterror", "connectionstatus", "getparameter");

  private final MVStore store;
  private final Journal journal;
  private final Checkpoints checkpoints;
  /** Commands that record share it; who needs a state in which no command is half done has it alone. */
  private final ReadWriteLock commands;
  /** One lock for each collection that is stored: its records stand in the order of its changes. */
  private final Map<String, Object> collections = new ConcurrentHashMap<>();
  /** Databases that are stored: even a look at another one makes it. */
  private final Set<String> databases = ConcurrentHashMap.newKeySet();

  private H2Documents(MVStore store, Journal journal) {
    super(store);
    this.store = store;
    this.journal = journal;
    commands = new ReentrantReadWriteLock();
    checkpoints = new Checkpoints(store, journal, commands.writeLock());
  }

  /** Opens the documents of this file, and all that was acknowledged since it was last written. */
  static H2Documents open(String file) {
    MVStore store =
        new MVStore.Builder()
            .fileName(file)
            .cacheSize(CACHE_MB)
            .pageSplitSize(PAGE_BYTES)
            // the file is written by checkpoints alone
            .autoCommitBufferSize(0)
            .autoCompactFillRate(0)
            .open();
    store.setAutoCommitDelay(Integer.MAX_VALUE);
    Database.store = store;
    Database.journal = Journal.open(store, Path.of(file));
    H2Documents documents = new H2Documents(store, Database.journal);
    documents.checkpoints.start();
    return documents;
  }

  @Override
  public Document handleCommand(Channel channel, String database, String command, Document query) {
    String name = command.toLowerCase(Locale.ROOT);
    if (READS.contains(name) && databases.contains(database)) {
      return super.handleCommand(channel, database, command, query);
    }
    String collection = database + "." + query.get(command);
    if (WRITES.contains(name)) {
      commands.readLock().lock();
      try {
        Object lock = collections.get(collection);
        if (lock != null) {
          synchronized (lock) {
            journal.begin();
            try {
              return super.handleCommand(channel, database, command, query);
            } finally {
              journal.end();
            }
          }
        }
      } finally {
        commands.readLock().unlock();
      }
    }
    commands.writeLock().lock();
    try {
      return super.handleCommand(channel, database, command, query);
    } finally {
      checkpoints.write();
      if (WRITES.contains(name)) collections.put(collection, new Object());
      else if (!READS.contains(name)) forget();
      databases.add(database);
      commands.writeLock().unlock();
    }
  }

  /** What is stored may be dropped. */
  private void forget() {
    collections.clear();
    databases.clear();
  }

  /** Writes all to the file. */
  @Override
  public void close() {
    checkpoints.stop();
    commands.writeLock().lock();
    try {
      checkpoints.write();
      super.close();
    } finally {
      commands.writeLock().unlock();
    }
  }

  @Override
  protected MongoDatabase openOrCreateDatabase(String name) {
    return new Database(name, getCursorRegistry());
  }

  private static final class Database extends H2Database {
    /** The superclass opens collections while it is constructed: no member of ours is set then. */
    private static MVStore store;

    private static Journal journal;

    Database(String name, CursorRegistry cursors) {
      super(name, store, cursors);
    }

    @Override
    protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
      String fullName = getFullCollectionNamespace(name);
      MVMap<Object, Document> documents = RecordedMap.documents(store, "databases." + fullName, journal);
      return new Kept(this, name, options, documents, store.openMap("meta." + fullName), cursorRegistry);
    }

    /** Opening its map first with its type is all that an index needs. */
    @Override
    protected Index<Object> openOrCreateUniqueIndex(
        String collection, String index, List<IndexKey> keys, boolean sparse) {
      RecordedMap.index(store, getFullCollectionNamespace(collection) + "._index_" + index, journal);
      return super.openOrCreateUniqueIndex(collection, index, keys, sparse);
    }
  }

  /** A collection whose stored documents never change: what the server is given to change is a copy. */
  private static final class Kept extends H2Collection {
    Kept(
        MongoDatabase database,
        String name,
        CollectionOptions options,
        MVMap<Object, Document> documents,
        MVMap<String, Object> meta,
        CursorRegistry cursors) {
      super(database, name, options, documents, meta, cursors);
    }

    @Override
    protected Document getDocument(Object position) {
      Document stored = super.getDocument(position);
      return stored == null ? null : stored.clone();
    }

    @Override
    protected Stream<DocumentWithPosition<Object>> streamAllDocumentsWithPosition() {
      return super.streamAllDocumentsWithPosition()
          .map(one -> new DocumentWithPosition<>(one.getDocument().clone(), one.getPosition()));
    }

    /** Nobody asks for sizes, and each costs another encoding. */
    @Override
    protected boolean tracksDataSize() {
      return false;
    }
  }
}
