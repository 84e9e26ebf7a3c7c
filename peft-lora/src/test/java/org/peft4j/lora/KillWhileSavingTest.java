package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.testing.Killing;

/** A process that is killed while it saves leaves the old or the new adapter. */
class KillWhileSavingTest {
  /** Processes to kill; each is also observed in several states on the way. */
  private static final int KILLS = Integer.getInteger("peft4j.kills", 6);

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void aKillAtAnyMomentLeavesTheOldOrTheNewAdapter() throws Exception {
    INDArray first = SavingWriter.first().network().params();
    INDArray second = SavingWriter.second().network().params();
    Random random = new Random(7);
    for (int i = 0; i < KILLS; i++) {
      Killing.after(random.nextInt(60), SavingWriter.class, folder);
      PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
      INDArray params = loaded.network().params();
      assertThat(params.equals(first) || params.equals(second)).as("kill %d", i).isTrue();
      loaded.close();
    }
    // What a killed writer leaves behind is no obstacle for the next.
    SavingWriter.second().save(folder);
    assertThat(Peft.load(SmallModel.graph(), folder).network().params()).isEqualTo(second);
  }

  @Test
  void aFullDiskLeavesTheOldAdapter() throws Exception {
    SavingWriter.first().save(folder);
    Process process =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of("bash", "-c", "ulimit -f 0; exec \"$@\"", "limited"),
                        Killing.command(SavingWriter.class, folder).stream())
                    .toList())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isNotZero();
    assertThat(output).contains("Cannot write");
    assertThat(Peft.load(SmallModel.graph(), folder).network().params())
        .isEqualTo(SavingWriter.first().network().params());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("adapter_config.json", "adapter_model.safetensors");
    }
  }
}
