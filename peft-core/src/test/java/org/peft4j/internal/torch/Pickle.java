package org.peft4j.internal.torch;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes the instructions of a pickle one by one, sound ones and others. */
final class Pickle {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private Pickle() {}

  /** One that has begun as {@code torch.save} begins. */
  static Pickle begun() {
    return new Pickle().code(0x80, 2);
  }

  Pickle code(int... instructions) {
    for (int instruction : instructions) {
      bytes.write(instruction);
    }
    return this;
  }

  /** Instructions of one printable character each. */
  Pickle code(String instructions) {
    bytes.writeBytes(instructions.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Pickle text(String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return code('X', text.length & 0xff, text.length >> 8, 0, 0).code(value);
  }

  /** The name of something in a module of Python. */
  Pickle global(String module, String name) {
    return code("c" + module + "\n" + name + "\n");
  }

  /** Elements with the key 0. */
  Pickle storage(String type, int elements) {
    return code("(")
        .text("storage")
        .global("torch", type)
        .text("0")
        .text("cpu")
        .code('K', elements)
        .code("tQ");
  }

  /** A vector of FP32 in them. */
  Pickle vector(int offset, int size, int stride) {
    return global("torch._utils", "_rebuild_tensor_v2")
        .code("(")
        .storage("FloatStorage", 4)
        .code('K', offset, 'K', size, 0x85, 'K', stride, 0x85, 0x89)
        .global("collections", "OrderedDict")
        .code(")RtR");
  }

  /** The value that it leaves. */
  Value run() {
    return PickleMachine.run(new PickleBytes(Path.of("pickle"), bytes()));
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
