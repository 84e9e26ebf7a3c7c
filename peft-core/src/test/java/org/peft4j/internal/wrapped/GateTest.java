package org.peft4j.internal.wrapped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

/** Many passes or one change, and who comes second is told so. */
class GateTest {
  private final Gate gate = new Gate();
  private final AtomicInteger changes = new AtomicInteger();

  private void change() {
    gate.change("changing it", changes::incrementAndGet);
  }

  private void pass() {
    gate.enter();
    gate.leave();
  }

  /** Runs {@code work} in another thread, and waits for it. */
  private static void elsewhere(Runnable work) {
    CompletableFuture.runAsync(work, task -> new Thread(task).start()).join();
  }

  private static void assertRefused(ThrowingCallable act, String message) {
    assertThatThrownBy(act)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void passesOfSeveralThreadsOverlap() {
    gate.enter();
    elsewhere(this::pass);
    gate.leave();

    elsewhere(this::change);
    assertThat(changes).hasValue(1);
  }

  @Test
  void aChangeDuringAnotherThreadsPassIsRefused() {
    gate.enter();
    assertRefused(
        () -> elsewhere(this::change),
        "Another thread uses this model now, so changing it would change numbers under it.");
    gate.leave();
    assertThat(changes).hasValue(0);
  }

  @Test
  void aPassOrAChangeDuringAnotherThreadsChangeIsRefused() {
    gate.change(
        "changing it",
        () -> {
          assertRefused(() -> elsewhere(this::pass), "Another thread is changing it now");
          assertRefused(() -> elsewhere(this::change), "Another thread uses this model now");
        });
    elsewhere(this::pass);
    elsewhere(this::change);
    assertThat(changes).hasValue(1);
  }

  @Test
  void aThreadMayChangeWithinItsOwnPassAndComputeWithinItsOwnChange() {
    gate.enter();
    gate.change("outer", () -> gate.change("inner", this::pass));
    change();
    gate.leave();
    assertThat(changes).hasValue(1);
  }

  @Test
  void aFailedChangeIsOver() {
    assertThatThrownBy(
            () ->
                gate.change(
                    "failing",
                    () -> {
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    elsewhere(this::pass);
    elsewhere(this::change);
    assertThat(changes).hasValue(1);
  }

  @Test
  void nothingGoesThroughAfterClosing() {
    gate.close();
    assertThatThrownBy(this::pass)
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("This model is closed");
    assertThatThrownBy(this::change)
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("This model is closed");
  }
}
