package org.peft4j.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a partition with their results, in their order. So many are read ahead that the
 * groups of one adapter fill batches; a partition need not fit into memory.
 */
final class RowsByAdapter implements Iterator<Row> {
  /** Batches of rows that are read ahead. */
  private static final int AHEAD = 32;

  private final SparkInference inference;
  private final RowTask task;
  private final Iterator<Row> rows;
  private final int columns;
  private Iterator<Row> ready = List.<Row>of().iterator();

  RowsByAdapter(SparkInference inference, RowTask task, Iterator<Row> rows, int columns) {
    this.inference = inference;
    this.task = task;
    this.rows = rows;
    this.columns = columns;
  }

  @Override
  public boolean hasNext() {
    return ready.hasNext() || rows.hasNext();
  }

  @Override
  public Row next() {
    if (!ready.hasNext()) {
      if (!rows.hasNext()) {
        throw new NoSuchElementException();
      }
      ready = results().iterator();
    }
    return ready.next();
  }

  private List<Row> results() {
    List<Row> some = new ArrayList<>();
    int most = Math.multiplyExact(AHEAD, inference.batchSize());
    while (some.size() < most && rows.hasNext()) {
      some.add(rows.next());
    }
    Map<Optional<String>, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < some.size(); i++) {
      if (complete(some.get(i))) {
        groups
            .computeIfAbsent(inference.adapterOf(some.get(i)), adapter -> new ArrayList<>())
            .add(i);
      }
    }
    @Nullable Object[] results = new @Nullable Object[some.size()];
    groups.forEach(
        (adapter, numbers) -> {
          List<Row> group = numbers.stream().map(some::get).toList();
          List<Object> own =
              AdaptedModel.of(inference, task)
                  .with(adapter, model -> task.results(model, group, inference.batchSize()));
          for (int i = 0; i < group.size(); i++) {
            results[numbers.get(i)] = own.get(i);
          }
        });
    List<Row> all = new ArrayList<>();
    for (int i = 0; i < some.size(); i++) {
      all.add(with(some.get(i), results[i]));
    }
    return all;
  }

  private boolean complete(Row row) {
    return task.columns().stream().allMatch(column -> row.getAs(column) != null);
  }

  private Row with(Row row, @Nullable Object result) {
    @Nullable Object[] values = new @Nullable Object[columns + 1];
    Arrays.setAll(values, i -> i < columns ? row.get(i) : result);
    return RowFactory.create(values);
  }
}
