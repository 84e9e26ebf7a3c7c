package org.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of metrics for spreadsheets and for TensorBoard. */
class ListenersTest {
  private final Path folder;

  ListenersTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static StepMetrics step(long step) {
    return new StepMetrics(
        step, 3.5 / step, 1e-3 * step, 0.25, 0.5, 4096, Map.of("rewards/margins", -0.125 * step));
  }

  private static Evaluation evaluation(double loss) {
    return new Evaluation(loss, 17, Map.of("rewards/margins", 0.5));
  }

  /** Five steps with an evaluation after each second one; from {@code done} on. */
  private static void run(TrainingListener listener, long done, long last) {
    listener.onStart(done, 5);
    for (long step = done + 1; step <= last; step++) {
      listener.onStep(step(step));
      if (step % 2 == 0) {
        listener.onEvaluation(step, evaluation(step * 0.75));
      }
    }
  }

  private static final FineTuningResult END =
      new FineTuningResult(5, 0.7, List.of(), false, Optional.empty(), Optional.empty());

  @Test
  void aSpreadsheetHasARowForEachStepAndEachEvaluation() throws IOException {
    Path file = folder.resolve("a.csv");
    try (CsvFile csv = new CsvFile(file)) {
      run(csv, 0, 3);
    }
    // It was killed after step 3, whose checkpoint is that of step 2.
    Files.writeString(file, "4,0.8", java.nio.file.StandardOpenOption.APPEND);
    try (CsvFile csv = new CsvFile(file)) {
      run(csv, 2, 4);
      csv.onEnd(END);
    }

    assertThat(Files.readAllLines(file))
        .containsExactly(
            "step,loss,learning_rate,grad_norm,step_seconds,tokens_per_second,rewards/margins,"
                + "eval_loss,eval_predictions,eval_rewards/margins",
            "1,3.5,0.001,0.25,0.5,4096.0,-0.125,,,",
            "2,1.75,0.002,0.25,0.5,4096.0,-0.25,,,",
            "2,,,,,,,1.5,17,0.5",
            "3,1.1666666666666667,0.003,0.25,0.5,4096.0,-0.375,,,",
            "4,0.875,0.004,0.25,0.5,4096.0,-0.5,,,",
            "4,,,,,,,3.0,17,0.5");
  }

  @Test
  void aSpreadsheetThatBeginsInTheMiddleHasItsHeader() throws IOException {
    Path file = folder.resolve("b.csv");
    try (CsvFile csv = new CsvFile(file)) {
      run(csv, 3, 4);
    }

    assertThat(Files.readAllLines(file)).hasSize(3);
    assertThat(Files.readAllLines(file).get(0)).startsWith("step,loss,");
  }

  /** The example of RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 8a9136aa. */
  @Test
  void recordsHaveMaskedChecksums() {
    byte[] record = EventRecord.framed(new byte[32]);
    ByteBuffer bytes = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);

    assertThat(bytes.getLong(0)).isEqualTo(32);
    int crc = Integer.reverseBytes(0xaa36918a); // As RFC 3720 prints it, in the order of the wire.
    assertThat(bytes.getInt(44)).isEqualTo(((crc >>> 15) | (crc << 17)) + 0xa282ead8);
    assertThat(record).hasSize(48);
  }

  /** As TensorFlow's own writer gives them: the bytes of an Event with these fields. */
  @Test
  void eventsAreProtocolBuffers() {
    byte[] event = EventRecord.scalars(1.5, 300, Map.of("a", 2.0));

    assertThat(HexFormat.of().formatHex(event))
        .isEqualTo(
            "09" + "000000000000f83f" + "10" + "ac02" + "2a0a" + "0a08" + "0a0161" + "1500000040");
    assertThat(new String(EventRecord.version(0), StandardCharsets.ISO_8859_1))
        .endsWith("\u001a\rbrain.Event:2");
  }

  @Test
  void eachRunHasAFileOfEventsThatTellsWhereItBegins() throws IOException {
    Path logs = folder.resolve("logs");
    try (TensorBoardFile events = new TensorBoardFile(logs)) {
      run(events, 0, 4);
      run(events, 2, 5);
      events.onEnd(END);
    }

    List<List<byte[]>> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(logs)) {
      for (Path file : all.sorted().toList()) {
        files.add(records(Files.readAllBytes(file)));
      }
    }
    assertThat(files).hasSize(2);
    assertThat(files.get(0)).hasSize(2 + 4 + 2);
    assertThat(files.get(1)).hasSize(2 + 3 + 1);
    // wall_time, step 3, session_log { status: START }.
    byte[] start = files.get(1).get(1);
    assertThat(HexFormat.of().formatHex(start, 9, start.length)).isEqualTo("1003" + "3a020801");
  }

  /** The data of the records, whose checksums are right. */
  private static List<byte[]> records(byte[] file) {
    List<byte[]> records = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      int begin = bytes.position();
      byte[] data = new byte[(int) bytes.getLong()];
      bytes.getInt();
      bytes.get(data);
      bytes.getInt();
      byte[] record = new byte[bytes.position() - begin];
      System.arraycopy(file, begin, record, 0, record.length);
      assertThat(record).isEqualTo(EventRecord.framed(data));
      records.add(data);
    }
    return records;
  }

  @Test
  void nothingIsMadeBeforeTheFirstStep() {
    try (TensorBoardFile events = new TensorBoardFile(folder.resolve("logs"));
        CsvFile csv = new CsvFile(folder.resolve("a.csv"))) {
      events.onStart(0, 5);
      csv.onStart(0, 5);
    }

    assertThat(folder).isEmptyDirectory();
  }
}
