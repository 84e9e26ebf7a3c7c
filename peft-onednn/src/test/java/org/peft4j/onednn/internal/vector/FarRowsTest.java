package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FarRowsTest {
  @ParameterizedTest
  @CsvSource({"0, 16, 4", "5, 24, 4", "3, 5, 4", "2, 2, 4", "7, 30, 2"})
  void goesOverEachRowOnce(int from, int to, int streams) {
    List<Integer> rows = new ArrayList<>();

    FarRows.run(
        from,
        to,
        streams,
        (first, length, apart, count) -> {
          assertThat(count).isIn(1, streams);
          for (int row = first; row < first + length; row++) {
            for (int stream = 0; stream < count; stream++) {
              rows.add(row + stream * apart);
            }
          }
        });

    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(from, to).boxed().toList());
  }
}
