package org.peft4j.internal.quantized.stored;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.error.PeftException;
import org.peft4j.internal.quantized.InputGroups;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The tensors of one weight in a file, which keeps track of those that are asked for.
 *
 * @param prefix of their names
 */
record Parts(TensorSource source, String prefix, Set<String> names) {

  Parts(TensorSource source, String prefix) {
    this(source, prefix, new TreeSet<>());
  }

  boolean has(String suffix) {
    return source.tensors().containsKey(prefix + suffix);
  }

  /** A tensor of one of these types. */
  TensorInfo tensor(String suffix, DType... types) {
    TensorInfo info = source.tensors().get(prefix + suffix);
    if (info == null) {
      throw new PeftException(
          source.path() + ": " + prefix + suffix + " is missing, a part of a quantised weight.");
    }
    require(
        Arrays.asList(types).contains(info.dtype()),
        suffix,
        "is of type " + info.dtype() + "; allowed: " + Arrays.toString(types));
    names.add(info.name());
    return info;
  }

  /** A tensor of one of these types with that number of elements. */
  TensorInfo tensor(String suffix, long count, DType... types) {
    TensorInfo info = tensor(suffix, types);
    require(
        info.elementCount() == count,
        suffix,
        "has " + info.elementCount() + " elements; the weight needs " + count);
    return info;
  }

  ByteBuffer bytes(TensorInfo info) {
    return source.buffer(info.name()).order(ByteOrder.LITTLE_ENDIAN);
  }

  float[] floats(TensorInfo info) {
    float[] values = new float[Math.toIntExact(info.elementCount())];
    source.readFloats(info.name(), 0, values, 0, values.length);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new PeftException(source.path() + ": " + info.name() + " holds " + value + ".");
      }
    }
    return values;
  }

  int[] integers(TensorInfo info) {
    int[] values = new int[Math.toIntExact(info.elementCount())];
    bytes(info).asIntBuffer().get(values);
    return values;
  }

  /**
   * The group of each input: what a tensor of integers says if there is one, otherwise consecutive
   * inputs share a group.
   *
   * @param in the number of inputs
   * @param count the number of groups; all that the tensor names are below
   * @param size the inputs of a group; 0 for all of them
   */
  InputGroups order(String suffix, int in, int count, int size) {
    if (!has(suffix)) {
      return new InputGroups(in, size == 0 ? in : size);
    }
    int[] ofInput = integers(tensor(suffix, in, DType.I32));
    for (int group : ofInput) {
      require(
          group >= 0 && group < count, suffix, "names the group " + group + "; there are " + count);
    }
    return InputGroups.of(ofInput, count, size);
  }

  void require(boolean good, String suffix, String problem) {
    if (!good) {
      throw new PeftException(source.path() + ": " + prefix + suffix + " " + problem + ".");
    }
  }
}
