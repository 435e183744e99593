import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Map;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.DataType;

/** A map of the store, documents or an index, that tells the journal what changes in it. */
final class RecordedMap<K, V> extends MVMap<K, V> {
  private final Journal journal;

  private RecordedMap(Map<String, Object> config, DataType<K> keys, DataType<V> values, Journal journal) {
    super(config, keys, values);
    this.journal = journal;
  }

  /** Documents by their id. A map that is open already is taken as it is. */
  static MVMap<Object, Document> documents(MVStore store, String name, Journal journal) {
    Builder<Object, Document> builder = new Builder<>(journal);
    return store.openMap(name, builder.keyType(new Types.Values()).valueType(new Types.Documents()));
  }

  /** Ids of documents by what a unique index knows of them. */
  static MVMap<KeyValue, Object> index(MVStore store, String name, Journal journal) {
    return store.openMap(name, new Builder<KeyValue, Object>(journal).keyType(new Types.Keys()));
  }

  /** All changes of a map come through here; the store's own rewriting of pages, which changes nothing, does too. */
  @Override
  public V operate(K key, V value, DecisionMaker<? super V> maker) {
    V before = super.operate(key, value, maker);
    if (maker == DecisionMaker.REMOVE) {
      if (before != null) journal.removed(this, key);
    } else if (value != null && (maker == DecisionMaker.PUT || before == null)) {
      journal.put(this, key, value);
    }
    return before;
  }

  private static final class Builder<K, V> extends BasicBuilder<MVMap<K, V>, K, V> {
    private final Journal journal;

    Builder(Journal journal) {
      this.journal = journal;
    }

    @Override
    protected MVMap<K, V> create(Map<String, Object> config) {
      return new RecordedMap<>(config, getKeyType(), getValueType(), journal);
    }
  }
}
