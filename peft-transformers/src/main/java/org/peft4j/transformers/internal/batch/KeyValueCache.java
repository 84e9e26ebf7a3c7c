package org.peft4j.transformers.internal.batch;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;

/**
 * The keys and values of the tokens that a block has seen, [batch, slots, keyValueHeads, headSize]
 * each. Slots grow geometrically; the attention pattern hides unused ones, whatever is in them.
 * They may be BFLOAT16, half the memory, each number rounded to the nearest. Those that
 * cross-attention makes from an encoder's output stay the same from step to step.
 */
public final class KeyValueCache implements AutoCloseable {
  private static final String KEYS = "keys";
  private static final String VALUES = "values";
  private static final String ENCODER_KEYS = "encoder_keys";
  private static final String ENCODER_VALUES = "encoder_values";
  private static final String ENCODER_MASK = "encoder_keys_mask";

  private final int @Nullable [] padding;
  private final DataType type;
  private @Nullable INDArray keys;
  private @Nullable INDArray values;
  private @Nullable INDArray encoderKeys;
  private @Nullable INDArray encoderValues;
  private @Nullable INDArray encoderMask;
  private int length;

  /**
   * @param padding the number of padding tokens at the start of each sequence; null without padding
   * @param type of the keys and values that it holds, whatever comes
   */
  public KeyValueCache(int @Nullable [] padding, DataType type) {
    this.padding = padding;
    this.type = type;
  }

  /** Copies a cache from its {@link #state()}. */
  public static KeyValueCache of(Map<String, INDArray> state, DataType type) {
    KeyValueCache cache = new KeyValueCache(LeftPadding.read(state), type);
    INDArray keys = state.get(KEYS);
    INDArray values = state.get(VALUES);
    if (keys != null && values != null) {
      cache.append(keys, values);
    }
    INDArray encoderKeys = state.get(ENCODER_KEYS);
    INDArray encoderValues = state.get(ENCODER_VALUES);
    if (encoderKeys != null && encoderValues != null) {
      cache.appendEncoder(encoderKeys, encoderValues, state.get(ENCODER_MASK));
    }
    return cache;
  }

  public int length() {
    return length;
  }

  public int @Nullable [] padding() {
    return padding;
  }

  /** The number of slots once {@code more} tokens are appended. */
  public int slotsAfter(long more) {
    int needed = Math.toIntExact(length + more);
    int slots = keys == null ? 0 : (int) keys.size(1);
    // The first call fills its slots exactly, so a prompt alone wastes nothing.
    return slots == 0 ? needed : needed <= slots ? slots : Math.max(needed, 2 * slots);
  }

  /** Appends keys and values [batch, time, keyValueHeads, headSize]. */
  public void append(INDArray moreKeys, INDArray moreValues) {
    int slots = slotsAfter(moreKeys.size(1));
    keys = with(keys, moreKeys, slots);
    values = with(values, moreValues, slots);
    length += (int) moreKeys.size(1);
  }

  /** Forgets the last tokens; their slots are used again. */
  public void takeBack(int tokens) {
    if (tokens < 0 || tokens > length) {
      throw new IllegalArgumentException(
          tokens + " of " + length + " tokens cannot be taken back.");
    }
    length -= tokens;
  }

  private INDArray with(@Nullable INDArray old, INDArray more, int slots) {
    if (old != null) {
      requireSequences(old, more);
    }
    INDArray array = old;
    if (array == null || array.size(1) < slots) {
      array = DetachedArrays.zeros(type, more.size(0), slots, more.size(2), more.size(3));
      if (old != null) {
        used(array).assign(used(old));
        old.close();
      }
    }
    array.get(all(), interval(length, length + more.size(1)), all(), all()).assign(more);
    return array;
  }

  private static void requireSequences(INDArray old, INDArray more) {
    if (old.size(0) != more.size(0)) {
      throw new PeftException(
          "The cache holds "
              + old.size(0)
              + " sequences, but "
              + more.size(0)
              + " came; call rnnClearPreviousState() before another batch.");
    }
  }

  /** Whether the keys and values of the encoder's output are here. */
  public boolean hasEncoder() {
    return encoderKeys != null;
  }

  /**
   * Copies keys and values of the encoder's output [batch, time, keyValueHeads, headSize].
   *
   * @param mask [batch, time] of the encoder's output; null without padding
   */
  public void appendEncoder(INDArray newKeys, INDArray newValues, @Nullable INDArray mask) {
    encoderKeys = copy(newKeys, type);
    encoderValues = copy(newValues, type);
    encoderMask = mask == null ? null : copy(mask, mask.dataType());
  }

  /** The encoder's output that the keys and values here were made of, without its values. */
  public EncoderStates encoder() {
    return new EncoderStates(Extent.of(encoderKeys()), null, encoderMask, null);
  }

  private static INDArray copy(INDArray array, DataType as) {
    return DetachedArrays.zeros(as, array.shape()).assign(array);
  }

  public INDArray encoderKeys() {
    return require(encoderKeys);
  }

  public INDArray encoderValues() {
    return require(encoderValues);
  }

  private INDArray used(INDArray array) {
    return array.get(all(), interval(0, length), all(), all());
  }

  /** All slots, used or not. */
  public INDArray keys() {
    return require(keys);
  }

  public INDArray values() {
    return require(values);
  }

  private static INDArray require(@Nullable INDArray array) {
    if (array == null) {
      throw new IllegalStateException("The cache is empty.");
    }
    return array;
  }

  /** Views of the cached arrays. */
  public Map<String, INDArray> state() {
    Map<String, INDArray> state = new LinkedHashMap<>();
    if (padding != null) {
      state.put(LeftPadding.STATE, LeftPadding.write(padding));
    }
    if (keys != null && values != null) {
      state.put(KEYS, used(keys));
      state.put(VALUES, used(values));
    }
    if (encoderKeys != null && encoderValues != null) {
      state.put(ENCODER_KEYS, encoderKeys);
      state.put(ENCODER_VALUES, encoderValues);
    }
    if (encoderMask != null) {
      state.put(ENCODER_MASK, encoderMask);
    }
    return state;
  }

  @Override
  public void close() {
    if (keys != null && values != null) {
      keys.close();
      values.close();
    }
    if (encoderKeys != null && encoderValues != null) {
      encoderKeys.close();
      encoderValues.close();
    }
    if (encoderMask != null) {
      encoderMask.close();
    }
  }
}
