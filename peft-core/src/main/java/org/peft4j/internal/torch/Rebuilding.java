package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.util.List;
import org.peft4j.internal.torch.Value.Constant;
import org.peft4j.internal.torch.Value.Global;
import org.peft4j.internal.torch.Value.Storage;
import org.peft4j.internal.torch.Value.Table;
import org.peft4j.internal.torch.Value.Tensor;
import org.peft4j.internal.torch.Value.Text;
import org.peft4j.internal.torch.Value.Tuple;
import org.peft4j.internal.torch.Value.Whole;
import org.peft4j.safetensors.DType;

/** What the known names mean, and what stands for elements outside of the pickle. */
final class Rebuilding {
  private static final String STORAGE = "storage";
  private static final int MAX_KEY = 64;

  private final PickleBytes bytes;

  /**
   * @param bytes to say where an error is
   */
  Rebuilding(PickleBytes bytes) {
    this.bytes = bytes;
  }

  /** The storage that {@code ("storage", type, key, device, elements[, view])} stands for. */
  Storage storage(Value reference) {
    if (reference instanceof Tuple tuple
        && (tuple.items().size() == 5
            || tuple.items().size() == 6 && tuple.items().get(5) == Constant.NONE)
        && tuple.items().get(0) instanceof Text kind
        && kind.value().equals(STORAGE)
        && tuple.items().get(1) instanceof Global type
        && tuple.items().get(2) instanceof Text key) {
      if (key.value().isEmpty() || key.value().length() > MAX_KEY) {
        throw bytes.problem("a storage with the key " + quoted(key.value()));
      }
      return new Storage(elements(type), key.value(), size(tuple.items().get(4)));
    }
    throw bytes.problem("a reference to something that is not a storage");
  }

  private DType elements(Global type) {
    return type.name()
        .elements()
        .orElseThrow(() -> bytes.problem("a storage of " + type.name().path()));
  }

  /** What that function returns. */
  Value call(KnownName function, List<Value> arguments) {
    switch (function) {
      case ORDERED_DICT -> {
        if (arguments.isEmpty()) {
          return new Table();
        }
      }
      case REBUILD_TENSOR -> {
        if (arguments.size() == 6 && arguments.get(0) instanceof Storage storage) {
          return tensor(storage, arguments);
        }
      }
      case REBUILD_PARAMETER -> {
        if (arguments.size() == 3 && arguments.get(0) instanceof Tensor tensor) {
          return tensor;
        }
      }
      default -> {
        // Storages are not called.
      }
    }
    throw bytes.problem(
        "a call of " + function.path() + " with " + arguments.size() + " arguments of other kinds");
  }

  /** Arguments: storage, offset, shape, strides, requires_grad, hooks. */
  private Tensor tensor(Storage storage, List<Value> arguments) {
    List<Long> shape = sizes(arguments.get(2));
    List<Long> strides = sizes(arguments.get(3));
    if (shape.size() != strides.size()) {
      throw bytes.problem("a tensor of the shape " + shape + " with the strides " + strides);
    }
    return new Tensor(storage, size(arguments.get(1)), shape, strides);
  }

  private List<Long> sizes(Value value) {
    if (value instanceof Tuple tuple) {
      return tuple.items().stream().map(this::size).toList();
    }
    throw bytes.problem(value.description() + " where a tuple of sizes belongs");
  }

  private long size(Value value) {
    if (value instanceof Whole whole
        && whole.value().signum() >= 0
        && whole.value().bitLength() < Long.SIZE) {
      return whole.value().longValue();
    }
    throw bytes.problem(value.description() + " where a size belongs, 0 to 2^63 - 1");
  }
}
