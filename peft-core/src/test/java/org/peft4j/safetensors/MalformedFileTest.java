package org.peft4j.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.peft4j.safetensors.RawFile.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to break a rule of the format, with the message that it must give. */
class MalformedFileTest {
  private static final SafetensorsLimits LIMITS =
      SafetensorsLimits.defaults()
          .withMaxHeaderBytes(20_000)
          .withMaxTensors(3)
          .withMaxRank(4)
          .withMaxNameLength(20)
          .withMaxMetadataEntries(2);

  private final Path path;

  MalformedFileTest(@TempDir Path folder) {
    path = folder.resolve("bad.safetensors");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"frames", "json", "entries", "fields", "layouts", "limits"})
  void isRefusedWithItsReason(String what, byte[] file, String message) throws IOException {
    Files.write(path, file);

    assertThatThrownBy(() -> SafetensorsFile.open(path, LIMITS))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("bad.safetensors");
  }

  static Stream<Arguments> frames() {
    byte[] empty = "{}".getBytes(StandardCharsets.US_ASCII);
    return Stream.of(
        row(
            "an empty file",
            new byte[0],
            "has 0 bytes; a safetensors file starts with a header length"),
        row("seven bytes", new byte[7], "has 7 bytes"),
        row(
            "nothing after the length",
            RawFile.withLength(2, new byte[0], 0),
            "but only 0 bytes follow it"),
        row("length zero", RawFile.withLength(0, empty, 0), "the header length is 0; the shortest"),
        row("length one", RawFile.withLength(1, empty, 0), "the header length is 1; the shortest"),
        row(
            "length past the end",
            RawFile.withLength(3, empty, 0),
            "length is 3, but only 2 bytes follow"),
        row(
            "length that overflows when 8 is added",
            RawFile.withLength(Long.MAX_VALUE, empty, 0),
            "9223372036854775807, the limit is 20000"),
        row(
            "length negative as a signed number",
            RawFile.withLength(-1, empty, 0),
            "18446744073709551615, the limit is 20000"),
        row(
            "length in big-endian",
            RawFile.withLength(Long.reverseBytes(2), empty, 0),
            "144115188075855872, the limit"),
        row(
            "a pickle",
            new byte[] {(byte) 0x80, 2, '}', 'q', 0, '.', 0, 0, 0, 0},
            "It is a PyTorch pickle, which can run code and is never read"),
        row("text after a short length", RawFile.of("no header", 0), "must start with '{'"),
        row("spaces and no header", RawFile.of("    ", 0), "must start with '{'"),
        row("a byte order mark", RawFile.of("\ufeff{}", 0), "must start with '{'"),
        row("an array as the header", RawFile.of("[]", 0), "must start with '{'"),
        row(
            "length that cuts the header",
            RawFile.withLength(9, "{\"a\":{\"dtype\":1}}".getBytes(StandardCharsets.US_ASCII), 0),
            "not valid JSON"));
  }

  static Stream<Arguments> json() {
    return Stream.of(
        row("an unclosed object", "{ ", 0, "not valid JSON"),
        row("an unclosed entry", "{\"a\":{", 0, "not valid JSON"),
        row("an unclosed string", "{\"a", 0, "not valid JSON"),
        row("a comma at the end", "{" + ok("a", 0) + ",}", 4, "not valid JSON"),
        row("no comma between entries", "{" + ok("a", 0) + ok("b", 4) + "}", 8, "not valid JSON"),
        row("no colon", "{\"a\" {}}", 0, "not valid JSON"),
        row("a name without quotes", "{a:{}}", 0, "not valid JSON"),
        row("a name in single quotes", "{'a':{}}", 0, "not valid JSON"),
        row("a comment", "{/**/}", 0, "not valid JSON"),
        row("a control character in a name", "{\"a\nb\":{}}", 0, "not valid JSON"),
        row("an unknown escape", "{\"\\x\":{}}", 0, "not valid JSON"),
        row("a NUL as padding", "{}\0", 0, "not valid JSON"),
        row("a second object", "{}{}", 0, "followed by START_OBJECT"),
        row("a number after the object", "{}  7", 0, "followed by VALUE_NUMBER_INT"),
        row("a closing brace too many", "{}}", 0, "not valid JSON"),
        raw("a lone continuation byte", "{\"\u0080\":{}}", "not valid UTF-8"),
        raw("an overlong NUL", "{\"\u00c0\u0080\":{}}", "not valid UTF-8"),
        raw("a surrogate in UTF-8", "{\"\u00ed\u00a0\u0080\":{}}", "not valid UTF-8"),
        raw("a code point past the last", "{\"\u00f5\u0080\u0080\u0080\":{}}", "not valid UTF-8"),
        raw("a character cut by the end", "{}\u00e2\u0082", "not valid UTF-8"),
        raw("UTF-16", "{\0}\0", "not valid JSON"));
  }

  static Stream<Arguments> entries() {
    String a = ok("a", 0);
    return Stream.of(
        row(
            "an entry that is a number",
            "{\"a\":1}",
            0,
            "the entry of tensor \"a\" must be an object, but is VALUE_NUMBER_INT"),
        row("an entry that is an array", "{\"a\":[]}", 0, "must be an object, but is START_ARRAY"),
        row("an entry that is null", "{\"a\":null}", 0, "must be an object, but is VALUE_NULL"),
        row("an empty entry", "{\"a\":{}}", 0, "field dtype is missing"),
        row(
            "no dtype",
            "{\"a\":{\"shape\":[],\"data_offsets\":[0,4]}}",
            4,
            "field dtype is missing"),
        row(
            "no shape",
            "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}",
            4,
            "field shape is missing"),
        row(
            "no data_offsets",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}",
            4,
            "field data_offsets is missing"),
        row(
            "a fourth field",
            "{\"a\":{\"strides\":[1],\"dtype\":\"F32\"}}",
            4,
            "unknown field \"strides\"; allowed are"),
        row("a field in upper case", "{\"a\":{\"DType\":\"F32\"}}", 4, "unknown field \"DType\""),
        row(
            "dtype twice",
            "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}",
            4,
            "tensor \"a\": field dtype is given twice"),
        row("shape twice", "{\"a\":{\"shape\":[],\"shape\":[]}}", 4, "field shape is given twice"),
        row(
            "data_offsets twice",
            "{\"a\":{\"data_offsets\":[0,4],\"data_offsets\":[0,4]}}",
            4,
            "field data_offsets is given twice"),
        row("a tensor twice", "{" + a + "," + a + "}", 4, "tensor \"a\": named twice"),
        row(
            "a tensor twice by an escape",
            "{" + a + "," + a.replace("\"a\"", "\"\\u0061\"") + "}",
            4,
            "tensor \"a\": named twice"),
        row(
            "metadata twice",
            "{\"__metadata__\":{},\"__metadata__\":{}}",
            0,
            "names __metadata__ twice"),
        row(
            "a metadata key twice",
            "{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}",
            0,
            "names \"k\" twice"),
        row(
            "metadata that is a string",
            "{\"__metadata__\":\"pt\"}",
            0,
            "__metadata__ must be an object"),
        row(
            "metadata that is null",
            "{\"__metadata__\":null}",
            0,
            "__metadata__ must be an object"),
        row(
            "a metadata number",
            "{\"__metadata__\":{\"k\":1}}",
            0,
            "value of \"k\" must be a string, but is VALUE_NUMBER_INT"),
        row(
            "a metadata object",
            "{\"__metadata__\":{\"k\":{}}}",
            0,
            "must be a string, but is START_OBJECT"),
        row("a tensor without a name", "{\"\":{}}", 0, "a name is empty"),
        row("half a surrogate pair", "{\"\\ud834\":{}}", 0, "Broken surrogate pair"),
        row(
            "nested objects",
            "{\"a\":{\"dtype\":{\"a\":{\"a\":{}}}}}",
            0,
            "dtype of tensor \"a\" must be a string"));
  }

  static Stream<Arguments> fields() {
    return Stream.of(
        entry(
            "an unknown dtype",
            "F24",
            "[]",
            "[0,4]",
            "dtype \"F24\" is not supported; supported are [BOOL"),
        entry("a dtype in lower case", "f32", "[]", "[0,4]", "dtype \"f32\" is not supported"),
        entry("an empty dtype", "", "[]", "[0,4]", "dtype \"\" is not supported"),
        row(
            "a dtype that is a number",
            "{\"a\":{\"dtype\":32}}",
            4,
            "must be a string, but is VALUE_NUMBER_INT"),
        entry(
            "a shape that is a number",
            "F32",
            "1",
            "[0,4]",
            "shape of tensor \"a\" must be an array"),
        entry(
            "a shape that is null", "F32", "null", "[0,4]", "must be an array, but is VALUE_NULL"),
        entry(
            "a negative dimension",
            "F32",
            "[-1]",
            "[0,4]",
            "holds \"-1\", which must not be negative"),
        entry(
            "a negative zero", "F32", "[-0]", "[0,0]", "holds \"-0\", which must not be negative"),
        entry("two negative dimensions", "F32", "[-1,-1]", "[0,4]", "must not be negative"),
        entry(
            "a fractional dimension",
            "F32",
            "[1.0]",
            "[0,4]",
            "a non-negative integer, but is VALUE_NUMBER_FLOAT"),
        entry("a dimension in powers of ten", "F32", "[1e0]", "[0,4]", "but is VALUE_NUMBER_FLOAT"),
        entry("a dimension that is text", "F32", "[\"1\"]", "[0,4]", "but is VALUE_STRING"),
        entry("a dimension that is true", "F32", "[true]", "[0,4]", "but is VALUE_TRUE"),
        entry("a nested shape", "F32", "[[1]]", "[0,4]", "but is START_ARRAY"),
        entry("a leading zero", "F32", "[01]", "[0,4]", "not valid JSON"),
        entry(
            "a dimension of 2^63",
            "F32",
            "[9223372036854775808]",
            "[0,4]",
            "must be less than 2^63"),
        entry(
            "a number of 2,000 digits",
            "F32",
            "[" + "9".repeat(2_000) + "]",
            "[0,4]",
            "exceeds a limit: Number value length"),
        entry(
            "a product of 2^64",
            "U8",
            "[4294967296,4294967296]",
            "[0,0]",
            "more than 2^63 - 1 bytes"),
        entry(
            "a product that overflows in bytes only",
            "F32",
            "[2305843009213693952]",
            "[0,0]",
            "more than 2^63 - 1 bytes"),
        entry(
            "a product that wraps to its size",
            "F32",
            "[4611686018427387905]",
            "[0,4]",
            "more than 2^63 - 1 bytes"),
        entry("one offset", "F32", "[]", "[4]", "data_offsets [4] must be two numbers"),
        entry("no offsets", "F32", "[]", "[]", "data_offsets [] must be two numbers"),
        entry("three offsets", "F32", "[]", "[0,4,4]", "must be two numbers"),
        entry(
            "a negative offset",
            "F32",
            "[]",
            "[-4,0]",
            "data_offsets of tensor \"a\" holds \"-4\""),
        entry(
            "an offset of 2^64", "F32", "[]", "[0,18446744073709551616]", "must be less than 2^63"),
        entry("offsets as text", "F32", "[]", "[\"0\",\"4\"]", "but is VALUE_STRING"),
        entry(
            "offsets the wrong way round",
            "F32",
            "[]",
            "[4,0]",
            "must be non-negative and in growing order"),
        entry("a range too short", "F32", "[2]", "[0,4]", "hold 4 bytes, but F32[2] needs 8"),
        entry("a range too long", "F16", "[]", "[0,4]", "hold 4 bytes, but F16[] needs 2"),
        entry(
            "bytes for an empty tensor",
            "F32",
            "[0]",
            "[0,4]",
            "hold 4 bytes, but F32[0] needs 0"));
  }

  static Stream<Arguments> layouts() {
    return Stream.of(
        row(
            "no data",
            "{" + ok("a", 0) + "}",
            0,
            "tensor \"a\": ends at 4, but the file holds only 0"),
        row(
            "data cut by a byte",
            "{" + ok("a", 0) + "}",
            3,
            "ends at 4, but the file holds only 3"),
        row(
            "data far past the end",
            "{" + tensor("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") + "}",
            4,
            "holds only 4"),
        row(
            "a byte after the last tensor",
            "{" + ok("a", 0) + "}",
            5,
            "the tensors end at 4, but the file holds 5"),
        row("data without a tensor", "{}", 1, "the tensors end at 0, but the file holds 1"),
        row("a hole at the start", "{" + ok("a", 4) + "}", 8, "begins at 4 and leaves a hole"),
        row(
            "a hole in the middle",
            "{" + ok("a", 0) + "," + ok("b", 5) + "}",
            9,
            "tensor \"b\": begins at 5 and leaves a hole"),
        row(
            "tensors that share data",
            "{" + ok("a", 0) + "," + ok("b", 0) + "}",
            4,
            "begins at 0 and overlaps"),
        row(
            "tensors that overlap by a byte",
            "{" + ok("b", 3) + "," + ok("a", 0) + "}",
            7,
            "tensor \"b\": begins at 3 and overlaps"),
        row(
            "an empty tensor inside another",
            "{" + ok("a", 0) + "," + tensor("b", "F32", "[0]", "[2,2]") + "}",
            4,
            "tensor \"b\": begins at 2 and overlaps"),
        row(
            "an empty tensor past the end",
            "{" + tensor("b", "F32", "[0]", "[4,4]") + "}",
            0,
            "begins at 4 and leaves a hole"));
  }

  static Stream<Arguments> limits() {
    String four =
        IntStream.range(0, 4).mapToObj(i -> ok("t" + i, 4 * i)).collect(Collectors.joining(","));
    return Stream.of(
        row(
            "a header too long",
            "{" + " ".repeat(20_000) + "}",
            0,
            "the header length is 20002, the limit is 20000 (raise SafetensorsLimits.maxHeaderBytes"),
        row(
            "too many tensors",
            "{" + four + "}",
            16,
            "tensors is at least 4, the limit is 3 (raise SafetensorsLimits.maxTensors"),
        row(
            "too many dimensions",
            "{" + tensor("a", "U8", "[1,1,1,1,1]", "[0,1]") + "}",
            1,
            "at least 5, the limit is 4 (raise SafetensorsLimits.maxRank"),
        row("a name too long", "{\"" + "n".repeat(21) + "\":{}}", 0, "maxNameLength"),
        row("a name far too long", "{\"" + "n".repeat(15_000) + "\":{}}", 0, "maxNameLength"),
        row(
            "a metadata key too long",
            "{\"__metadata__\":{\"" + "n".repeat(21) + "\":\"\"}}",
            0,
            "maxNameLength"),
        row(
            "too much metadata",
            "{\"__metadata__\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}",
            0,
            "at least 3, the limit is 2 (raise SafetensorsLimits.maxMetadataEntries"));
  }

  @Test
  void theTableHasNoRowTwice() {
    assertThat(
            Stream.of(frames(), json(), entries(), fields(), layouts(), limits())
                .flatMap(rows -> rows)
                .map(row -> new String((byte[]) row.get()[1], StandardCharsets.ISO_8859_1)))
        .doesNotHaveDuplicates()
        .hasSizeGreaterThan(100);
  }

  @Test
  void spacesAfterTheHeaderAndEmptyTensorsAreAllowed() throws IOException {
    String header = "{" + tensor("e", "F32", "[3,0]", "[4,4]") + "," + ok("a", 0) + "}  \n ";
    Files.write(path, RawFile.of(header, 4));

    try (SafetensorsFile file = SafetensorsFile.open(path, LIMITS)) {
      assertThat(file.tensors()).containsOnlyKeys("a", "e");
      assertThat(file.buffer("e").remaining()).isZero();
    }
  }

  private static String ok(String name, int begin) {
    return tensor(name, "F32", "[1]", "[" + begin + "," + (begin + 4) + "]");
  }

  private static Arguments entry(
      String what, String dtype, String shape, String offsets, String message) {
    return row(what, "{" + tensor("a", dtype, shape, offsets) + "}", 4, message);
  }

  private static Arguments row(String what, String header, int dataBytes, String message) {
    return row(what, RawFile.of(header, dataBytes), message);
  }

  /** Each character of {@code header} is one byte. */
  private static Arguments raw(String what, String header, String message) {
    byte[] bytes = header.getBytes(StandardCharsets.ISO_8859_1);
    return row(what, RawFile.withLength(bytes.length, bytes, 0), message);
  }

  private static Arguments row(String what, byte[] file, String message) {
    return arguments(what, file, message);
  }
}
