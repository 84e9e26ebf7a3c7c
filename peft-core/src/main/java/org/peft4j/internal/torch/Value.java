package org.peft4j.internal.torch;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.peft4j.safetensors.DType;

/** A value on the stack of the pickle machine. */
sealed interface Value {
  /** What it is, for messages. */
  String description();

  /** Values without contents. */
  enum Constant implements Value {
    NONE,
    TRUE,
    FALSE,
    /** Where the items of a tuple, a list or a dictionary begin on the stack. */
    MARK;

    @Override
    public String description() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A text. */
  record Text(String value) implements Value {
    @Override
    public String description() {
      return "a text";
    }
  }

  /** A whole number. */
  record Whole(BigInteger value) implements Value {
    @Override
    public String description() {
      return "a number";
    }
  }

  /** A name that a state dict uses. */
  record Global(KnownName name) implements Value {
    @Override
    public String description() {
      return "the name " + name.path();
    }
  }

  /** A tuple. */
  record Tuple(List<Value> items) implements Value {
    public Tuple {
      items = List.copyOf(items);
    }

    @Override
    public String description() {
      return "a tuple";
    }
  }

  /** A list, which later instructions fill. */
  record Items(List<Value> items) implements Value {
    Items() {
      this(new ArrayList<>(0));
    }

    @Override
    public String description() {
      return "a list";
    }
  }

  /** A dictionary with texts as keys, which later instructions fill. */
  record Table(Map<String, Value> entries) implements Value {
    Table() {
      this(new LinkedHashMap<>(0));
    }

    @Override
    public String description() {
      return "a dictionary";
    }
  }

  /**
   * Elements somewhere in the file.
   *
   * @param key the name of their place
   */
  record Storage(DType type, String key, long elements) implements Value {
    @Override
    public String description() {
      return "a storage";
    }
  }

  /**
   * A tensor: element (i, j, …) is number {@code offset + i·strides[0] + j·strides[1] + …} of its
   * storage.
   */
  record Tensor(Storage storage, long offset, List<Long> shape, List<Long> strides)
      implements Value {
    public Tensor {
      shape = List.copyOf(shape);
      strides = List.copyOf(strides);
    }

    @Override
    public String description() {
      return "a tensor";
    }
  }
}
