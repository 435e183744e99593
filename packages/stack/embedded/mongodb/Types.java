import static java.nio.charset.StandardCharsets.UTF_8;

import de.bwaldvogel.mongo.backend.KeyValue;
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
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.ObjectDataType;

/** How documents and index keys are written to the store's file and to the journal, and how keys are compared. */
final class Types {
  private Types() {}

  /** Documents as BSON, its length first. */
  static final class Documents extends BasicDataType<Document> {
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
  static final class Keys extends BasicDataType<KeyValue> {
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
  static final class Values extends BasicDataType<Object> {
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
