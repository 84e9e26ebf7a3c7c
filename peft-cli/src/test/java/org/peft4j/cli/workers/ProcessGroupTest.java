package org.peft4j.cli.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

class ProcessGroupTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(int count, String... arguments) {
    return new ProcessGroup(
            TestWorker.class.getName(),
            count,
            new PrintWriter(out, true),
            new PrintWriter(err, true))
        .run(List.of(arguments));
  }

  @Test
  void theOutputIsThatOfTheFirstOne() {
    assertThat(run(3, "live", "-1")).isZero();
    assertThat(out.toString().lines()).containsExactly("worker 0 has met 3");
  }

  @Test
  void aWorkerThatFailsEndsAllAndSaysWhy() {
    assertThatThrownBy(() -> run(2, "fail", "1"))
        .isInstanceOf(PeftException.class)
        .hasMessage("Worker 1 of 2 failed: the data is broken");
    assertThat(err.toString()).contains("Worker 1 of 2 left the training, as worker 0 sees it");
  }

  @Test
  void theFirstOneHasSaidItselfWhyItFails() {
    assertThat(run(2, "fail", "0")).isEqualTo(1);
    assertThat(err.toString().lines()).contains("peft train: the data is broken");
  }

  @Test
  void aWorkerThatIsKilledIsNamed() {
    assertThatThrownBy(() -> run(2, "die", "1"))
        .hasMessage("Worker 1 of 2 ended with the status 137, as a process that is killed");
  }
}
