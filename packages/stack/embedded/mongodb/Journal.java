import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.WriteBuffer;

/**
 * What changed since the store's file was last written: a command's changes are handed to the operating system before
 * it is answered, so that a process that is killed loses nothing it acknowledged. They are not forced to the disk: a
 * machine that loses its power can lose the last of them.
 * J1 One record holds all that one command changed in documents and indexes, and is there whole or not at all.
 * J2 Records of one collection stand in the order of its changes: whoever records sees to that.
 * J3 A segment is deleted only when the store's file holds all that is in it. Changes are whole values, so applying a
 *    segment to a file that holds some of it already ends in the same.
 */
final class Journal {
  private static final int HEADER_BYTES = 2 * Integer.BYTES;
  private static final int KEPT_BYTES = 1024 * 1024;
  private static final byte PUT = 1;
  private static final byte REMOVED = 2;
  private static final String INDEX = "._index_";

  private final Path file;
  private final ThreadLocal<WriteBuffer> record = new ThreadLocal<>();
  private final ThreadLocal<WriteBuffer> spare = new ThreadLocal<>();
  private FileChannel segment;
  private long number;
  private long bytes;

  private Journal(Path file, long number) throws IOException {
    this.file = file;
    this.number = number;
    segment = FileChannel.open(segment(number), CREATE_NEW, WRITE);
  }

  /**
   * Brings the store up to the last record of the segments beside its file, and begins a new one.
   *
   * @throws IllegalStateException when a record is damaged that is not the last one
   */
  static Journal open(MVStore store, Path file) {
    try {
      List<Path> old = segments(file);
      long last = old.isEmpty() ? 0 : numberOf(old.get(old.size() - 1));
      Journal journal = new Journal(file, last + 1);
      for (Path one : old) journal.apply(store, one, one.equals(old.get(old.size() - 1)));
      store.commit();
      journal.deleteBefore(last + 1);
      return journal;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From now on this thread's changes go into one record. */
  void begin() {
    WriteBuffer buffer = spare.get();
    if (buffer == null || buffer.capacity() > KEPT_BYTES) spare.set(buffer = new WriteBuffer());
    record.set(buffer.clear().putInt(0).putInt(0));
  }

  /** Hands the record over; when this returns, only the machine can lose it. */
  void end() {
    ByteBuffer written = record.get().getBuffer();
    record.remove();
    int length = written.position() - HEADER_BYTES;
    if (length == 0) return;
    written.flip();
    CRC32C sum = new CRC32C();
    sum.update(written.duplicate().position(HEADER_BYTES));
    written.putInt(0, length).putInt(Integer.BYTES, (int) sum.getValue());
    append(written);
  }

  private synchronized void append(ByteBuffer written) {
    try {
      while (written.hasRemaining()) segment.write(written);
      bytes += written.limit();
    } catch (IOException e) {
      try {
        // Nothing may follow half a record.
        segment.truncate(bytes);
      } catch (IOException another) {
        e.addSuppressed(another);
      }
      throw new UncheckedIOException(e);
    }
  }

  <K, V> void put(MVMap<K, V> map, K key, V value) {
    WriteBuffer out = record.get();
    if (out == null) return;
    map.getKeyType().write(named(out.put(PUT), map), key);
    map.getValueType().write(out, value);
  }

  <K> void removed(MVMap<K, ?> map, K key) {
    WriteBuffer out = record.get();
    if (out != null) map.getKeyType().write(named(out.put(REMOVED), map), key);
  }

  /** How much the segment holds. */
  synchronized long bytes() {
    return bytes;
  }

  /** Begins a new segment and answers its number. Nobody may be between {@link #begin} and {@link #end}. */
  synchronized long rotate() {
    try {
      segment.close();
      segment = FileChannel.open(segment(number + 1), CREATE_NEW, WRITE);
      bytes = 0;
      return ++number;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes the segments before this one: the store's file holds what is in them. Two may do so at the same time. */
  void deleteBefore(long first) {
    try {
      for (Path one : segments(file)) if (numberOf(one) < first) Files.deleteIfExists(one);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void apply(MVStore store, Path from, boolean isLast) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(from));
    while (in.hasRemaining()) {
      int length = in.remaining() < HEADER_BYTES ? -1 : in.getInt();
      int expected = length < 0 ? 0 : in.getInt();
      boolean isWhole = length >= 0 && length <= in.remaining();
      CRC32C sum = new CRC32C();
      if (isWhole) sum.update(in.slice(in.position(), length));
      if (!isWhole || (int) sum.getValue() != expected) {
        // The process was killed while it wrote this record, which nobody was answered.
        if (isLast) return;
        throw new IllegalStateException(from + " is damaged");
      }
      for (int end = in.position() + length; in.position() < end; ) applyChange(store, in);
    }
  }

  private void applyChange(MVStore store, ByteBuffer in) {
    boolean isPut = in.get() == PUT;
    String name = DataUtils.readString(in);
    if (name.contains(INDEX)) change(RecordedMap.index(store, name, this), in, isPut);
    else change(RecordedMap.documents(store, name, this), in, isPut);
  }

  private static <K, V> void change(MVMap<K, V> map, ByteBuffer in, boolean isPut) {
    K key = map.getKeyType().read(in);
    if (isPut) map.put(key, map.getValueType().read(in));
    else map.remove(key);
  }

  private static WriteBuffer named(WriteBuffer out, MVMap<?, ?> map) {
    String name = map.getName();
    return out.putVarInt(name.length()).putStringData(name, name.length());
  }

  private Path segment(long number) {
    return file.resolveSibling(String.format("%s.journal-%012d", file.getFileName(), number));
  }

  private static long numberOf(Path segment) {
    String name = segment.getFileName().toString();
    return Long.parseLong(name.substring(name.lastIndexOf('-') + 1));
  }

  private static List<Path> segments(Path file) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(file.toAbsolutePath().getParent())) {
      String prefix = file.getFileName() + ".journal-";
      for (Path one : all) if (one.getFileName().toString().startsWith(prefix)) found.add(one);
    }
    found.sort(Comparator.comparingLong(Journal::numberOf));
    return found;
  }
}
