import static java.nio.charset.StandardCharsets.UTF_8;

import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.BinData;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.ObjectDataType;

/**
 * The server's H2 backend with documents kept as BSON and index keys compared as what they are. By itself it
 * serializes both by Java's own means, the keys at every comparison, so that each write costs more the more there are;
 * and it changes stored documents in place while the store writes them to its file.
 */
final class H2Documents extends H2Backend {
  private H2Documents(MVStore store) {
    super(store);
  }

  static H2Documents open(MVStore store) {
    Database.store = store;
    return new H2Documents(store);
  }

  @Override
  protected MongoDatabase openOrCreateDatabase(String name) {
    return new Database(name, getMvStore(), getCursorRegistry());
  }

  private static final class Database extends H2Database {
    /** The superclass opens collections while it is constructed: no member of ours is set then. */
    private static MVStore store;

    Database(String name, MVStore store, CursorRegistry cursors) {
      super(name, store, cursors);
    }

    @Override
    protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
      String fullName = getFullCollectionNamespace(name);
      MVMap<Object, Document> documents =
          store.openMap(
              "databases." + fullName,
              new MVMap.Builder<Object, Document>().keyType(new Values()).valueType(new Documents()));
      return new Kept(this, name, options, documents, store.openMap("meta." + fullName), cursorRegistry);
    }

    /** A map that is open already is taken as it is: opening it first with its type is all that an index needs. */
    @Override
    protected Index<Object> openOrCreateUniqueIndex(
        String collection, String index, List<IndexKey> keys, boolean sparse) {
      store.openMap(
          getFullCollectionNamespace(collection) + "._index_" + index,
          new MVMap.Builder<KeyValue, Object>().keyType(new Keys()));
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

  /** Documents as BSON, its length first. */
  private static final class Documents extends BasicDataType<Document> {
    private static final ThreadLocal<ByteBuf> BUFFERS = ThreadLocal.withInitial(() -> Unpooled.buffer(64 * 1024));

    @Override
    public void write(WriteBuffer out, Document document) {
      ByteBuf bson = BUFFERS.get().clear();
      BsonEncoder.encodeDocument(document, bson);
      out.putVarInt(bson.readableBytes()).put(bson.nioBuffer());
    }

    @Override
    public Document read(ByteBuffer in) {
      byte[] bson = new byte[DataUtils.readVarInt(in)];
      in.get(bson);
      return BsonDecoder.decodeBson(Unpooled.wrappedBuffer(bson));
    }

    /** About the bytes of its BSON: pages are split and cached by it. */
    @Override
    public int getMemory(Document document) {
      return sizeOf(document);
    }

    private static int sizeOf(Object value) {
      if (value instanceof String text) return text.length() + 8;
      if (value instanceof BinData binary) return binary.getData().length + 8;
      if (value instanceof Map<?, ?> members) {
        int sum = 16;
        for (Map.Entry<?, ?> member : members.entrySet()) sum += 16 + sizeOf(member.getValue());
        return sum;
      }
      if (value instanceof Collection<?> items) {
        int sum = 16;
        for (Object item : items) sum += 8 + sizeOf(item);
        return sum;
      }
      return 16;
    }

    @Override
    public Document[] createStorage(int size) {
      return new Document[size];
    }
  }

  /** Values of indexed members, one after the other. */
  private static final class Keys extends BasicDataType<KeyValue> {
    private final Values values = new Values();

    @Override
    public int compare(KeyValue a, KeyValue b) {
      if (a.size() != b.size()) return Integer.compare(a.size(), b.size());
      for (int i = 0; i < a.size(); i++) {
        int order = values.compare(a.get(i), b.get(i));
        if (order != 0) return order;
      }
      return 0;
    }

    @Override
    public void write(WriteBuffer out, KeyValue key) {
      out.putVarInt(key.size());
      for (Object value : key) values.write(out, value);
    }

    @Override
    public KeyValue read(ByteBuffer in) {
      int size = DataUtils.readVarInt(in);
      List<Object> read = new ArrayList<>(size);
      for (int i = 0; i < size; i++) read.add(values.read(in));
      return new KeyValue(read);
    }

    @Override
    public int getMemory(KeyValue key) {
      int sum = 24;
      for (Object value : key) sum += values.getMemory(value);
      return sum;
    }

    @Override
    public KeyValue[] createStorage(int size) {
      return new KeyValue[size];
    }
  }

  /** Texts come first and are compared and written as such; all others as the store does by itself. */
  private static final class Values extends BasicDataType<Object> {
    private static final byte TEXT = 1;
    private static final byte OTHER = 0;
    private final ObjectDataType any = new ObjectDataType();

    @Override
    public int compare(Object a, Object b) {
      boolean isText = a instanceof String;
      if (isText != b instanceof String) return isText ? -1 : 1;
      return isText ? ((String) a).compareTo((String) b) : any.compare(a, b);
    }

    @Override
    public void write(WriteBuffer out, Object value) {
      if (value instanceof String text) {
        byte[] bytes = text.getBytes(UTF_8);
        out.put(TEXT).putVarInt(bytes.length).put(bytes);
      } else {
        any.write(out.put(OTHER), value);
      }
    }

    @Override
    public Object read(ByteBuffer in) {
      if (in.get() == OTHER) return any.read(in);
      byte[] bytes = new byte[DataUtils.readVarInt(in)];
      in.get(bytes);
      return new String(bytes, UTF_8);
    }

    @Override
    public int getMemory(Object value) {
      return value instanceof String text ? 24 + 2 * text.length() : any.getMemory(value);
    }

    @Override
    public Object[] createStorage(int size) {
      return new Object[size];
    }
  }
}
