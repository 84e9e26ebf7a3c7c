package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Which of a model's active adapters act now. */
class ActivityTest {
  private final Activity activity = new Activity();

  @Test
  void everyAdapterActsAtFirst() {
    assertThat(activity.on("a")).isTrue();
    assertThat(activity.isDisabled()).isFalse();
    assertThat(activity.isMerged()).isFalse();
    assertThat(activity.rows()).isEmpty();
  }

  @Test
  void scopesInWhichNoneActsMayLieInEachOther() {
    activity.disable(1);
    activity.disable(1);
    activity.disable(-1);
    assertThat(activity.on("a")).isFalse();
    assertThat(activity.isDisabled()).isTrue();
    activity.disable(-1);
    assertThat(activity.on("a")).isTrue();
  }

  @Test
  void aMergedAdapterDoesNotActBesideTheWeights() {
    activity.setMerged(Set.of("a"));
    assertThat(activity.on("a")).isFalse();
    assertThat(activity.on("b")).isTrue();
    assertThat(activity.isMerged()).isTrue();
    activity.setMerged(Set.of());
    assertThat(activity.on("a")).isTrue();
  }

  @Test
  void oneAdapterMayActAloneOnAllRowsOfThisThread() {
    activity.setRows(List.of("a", "b"));
    String result =
        activity.only(
            "a",
            () -> {
              assertThat(activity.on("a")).isTrue();
              assertThat(activity.on("b")).isFalse();
              assertThat(activity.rows()).isEmpty();
              assertThat(CompletableFuture.supplyAsync(() -> activity.on("b")).join()).isTrue();
              return "done";
            });
    assertThat(result).isEqualTo("done");
    assertThat(activity.on("b")).isTrue();
    assertThat(activity.rows()).containsExactly("a", "b");
  }

  @Test
  void anErrorEndsThatToo() {
    assertThatThrownBy(
            () ->
                activity.only(
                    "a",
                    () -> {
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
    assertThat(activity.on("b")).isTrue();
  }
}
