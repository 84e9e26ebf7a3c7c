package org.peft4j.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.Value.Table;
import org.peft4j.internal.torch.Value.Tensor;

/** A pickle can ask for anything; it gets tensors in a dictionary. */
class HostilePickleTest {
  static Stream<Arguments> refused() {
    return Stream.of(
        arguments(
            "a function of Python",
            Pickle.begun().global("posix", "system").text("id").code(0x85).code("R."),
            "the name posix.system"),
        arguments(
            "a function of PyTorch that a state dict does not need",
            Pickle.begun().global("torch", "load").code("."),
            "the name torch.load"),
        arguments(
            "an attribute of a known module",
            Pickle.begun().global("collections", "OrderedDict.__class__").code("."),
            "the name collections.OrderedDict.__class__"),
        arguments(
            "a name from the stack",
            Pickle.begun().text("os").text("system").code(0x93).code("."),
            "the instruction 0x93"),
        arguments("a class by number", Pickle.begun().code(0x82, 1).code("."), "instruction 0x82"),
        arguments("an object", Pickle.begun().code("(i__main__\nC\n."), "the instruction 0x69"),
        arguments(
            "a new object",
            Pickle.begun().global("collections", "OrderedDict").code(")").code(0x81).code("."),
            "the instruction 0x81"),
        arguments(
            "a call of a tensor", Pickle.begun().vector(0, 4, 1).code(")R."), "a call of a tensor"),
        arguments(
            "a call with other arguments",
            Pickle.begun().global("torch._utils", "_rebuild_tensor_v2").code(")R."),
            "_rebuild_tensor_v2 with 0 arguments"),
        arguments(
            "a call of a storage's type",
            Pickle.begun().global("torch", "FloatStorage").code(")R."),
            "a call of torch.FloatStorage"),
        arguments(
            "a state of a tensor",
            Pickle.begun().vector(0, 4, 1).code("}b."),
            "a state of a tensor"),
        arguments(
            "a storage of something else",
            Pickle.begun().code("(").text("module").code("tQ."),
            "not a storage"),
        arguments(
            "another protocol", Pickle.begun().code(0x80, 4).code("N."), "protocol 4; allowed: 2"),
        arguments("an empty stack", Pickle.begun().code("."), "without its value"),
        arguments("values left over", Pickle.begun().code("NN."), "with 1 values left over"),
        arguments("no mark", Pickle.begun().code("Nt."), "without its mark"),
        arguments("a mark as a value", Pickle.begun().code("(R."), "without its value"),
        arguments("an unknown reference", Pickle.begun().code('h', 7).code("."), "value 7"),
        arguments(
            "a key that is a number", Pickle.begun().code("}K\1Ns."), "a key that is a number"),
        arguments(
            "a key twice",
            Pickle.begun().code("}").text("a").code("Ns").text("a").code("Ns."),
            "the key \"a\" a second time"),
        arguments("a key alone", Pickle.begun().code("}(").text("a").code("u."), "without a value"),
        arguments("entries of a list", Pickle.begun().code("]").text("a").code("Ns."), "of a list"),
        arguments("items of a dictionary", Pickle.begun().code("}Na."), "of a dictionary"),
        arguments(
            "a text that never ends",
            Pickle.begun().code('X', 0xff, 0xff, 0xff, 0x7f),
            "a text of 2147483647 bytes"),
        arguments(
            "a text below 0", Pickle.begun().code('X', 0, 0, 0, 0x80), "a text of 2147483648"),
        arguments("a text of other bytes", Pickle.begun().code('X', 1, 0, 0, 0, 0xff), "not UTF-8"),
        arguments("a long name", Pickle.begun().code("c" + "a".repeat(300)), "does not end"),
        arguments("an end in between", Pickle.begun().code('M', 1), "an end in the middle"),
        arguments("no end", Pickle.begun().code("N"), "an end in the middle"),
        arguments(
            "a negative size",
            Pickle.begun()
                .global("torch._utils", "_rebuild_tensor_v2")
                .code("(")
                .storage("FloatStorage", 4)
                .code('J', 0xff, 0xff, 0xff, 0xff)
                .code("))")
                .code(0x89)
                .code("NtR."),
            "where a size belongs"),
        arguments(
            "an endless stack", Pickle.begun().code("N".repeat(100_001)), "values on the stack"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void isRefused(String what, Pickle pickle, String message) {
    assertThatThrownBy(pickle::run)
        .as(what)
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("pickle: byte ")
        .hasMessageContaining(message)
        .hasMessageContaining("weights_only=True");
  }

  /** The last element is number offset + (size − 1) · stride of 4. */
  static Stream<Arguments> beyond() {
    return Stream.of(
        arguments(0, 5, 1),
        arguments(1, 4, 1),
        arguments(4, 1, 1),
        arguments(0, 2, 4),
        arguments(0, 5, 0),
        arguments(0, 200, 200));
  }

  @ParameterizedTest
  @MethodSource("beyond")
  void aTensorReachesNoFurtherThanItsStorage(int offset, int size, int stride) {
    Tensor tensor = (Tensor) Pickle.begun().vector(offset, size, stride).code(".").run();

    assertThatThrownBy(() -> StoredTensor.of(Path.of("file"), "a", tensor, 0))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("tensor \"a\"")
        .hasMessageContaining("only 4 elements");
  }

  @Test
  void aDictionaryMayHoldItselfAndIsNotATensor() {
    Value root = Pickle.begun().code("}").code('q', 0).text("a").code('h', 0).code("s.").run();

    assertThat(root).isInstanceOf(Table.class);
    assertThatThrownBy(() -> StateDict.read(Path.of("file"), only(root)))
        .hasMessageContaining("\"a\" is a dictionary, not a tensor");
  }

  private static Container only(Value root) {
    return new Container() {
      @Override
      public Value root() {
        return root;
      }

      @Override
      public long start(Value.Storage storage) {
        return 0;
      }
    };
  }

  @Test
  void aSoundPickleGivesItsTensors() {
    Value root = Pickle.begun().code("}").text("a").vector(1, 2, 1).code("s.").run();

    assertThat(StateDict.read(Path.of("file"), only(root)))
        .extractingByKey("a")
        .satisfies(a -> assertThat(a.info().begin()).isEqualTo(4))
        .satisfies(a -> assertThat(a.info().shape()).containsExactly(2L));
  }
}
