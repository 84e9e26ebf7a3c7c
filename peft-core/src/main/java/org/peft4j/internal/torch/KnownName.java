package org.peft4j.internal.torch;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.safetensors.DType;

/** The names that a state dict may use. None is looked up anywhere: their meaning is built in. */
enum KnownName {
  ORDERED_DICT("collections.OrderedDict", null),
  REBUILD_TENSOR("torch._utils._rebuild_tensor_v2", null),
  REBUILD_PARAMETER("torch._utils._rebuild_parameter", null),
  DOUBLES("torch.DoubleStorage", DType.F64),
  FLOATS("torch.FloatStorage", DType.F32),
  HALVES("torch.HalfStorage", DType.F16),
  BRAIN_FLOATS("torch.BFloat16Storage", DType.BF16),
  LONGS("torch.LongStorage", DType.I64),
  INTEGERS("torch.IntStorage", DType.I32),
  SHORTS("torch.ShortStorage", DType.I16),
  CHARACTERS("torch.CharStorage", DType.I8),
  BYTES("torch.ByteStorage", DType.U8),
  BOOLEANS("torch.BoolStorage", DType.BOOL);

  private final String path;
  private final @Nullable DType elements;

  KnownName(String path, @Nullable DType elements) {
    this.path = path;
    this.elements = elements;
  }

  /** The module and the name in it. */
  String path() {
    return path;
  }

  /** The type of a storage's elements; empty for another name. */
  Optional<DType> elements() {
    return Optional.ofNullable(elements);
  }

  static Optional<KnownName> of(String module, String name) {
    String wanted = module + "." + name;
    return Arrays.stream(values()).filter(known -> known.path.equals(wanted)).findFirst();
  }
}
