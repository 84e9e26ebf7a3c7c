package org.peft4j.transformers.architecture;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;

/**
 * A table of vectors.
 *
 * @param site its name, shape and role
 * @param padding the row that is zero in a new model and gets no gradient from look-ups
 * @param deviation the standard deviation of a new table
 * @param shared the key in checkpoints of a table that several modules share; empty for a table of
 *     its own
 * @param sinusoids whether row p of a new table is sin(p·f) for each frequency f, then cos(p·f)
 *     (Vaswani et al., 2017): checkpoints may leave it out. It trains by an adapter alone, as every
 *     table
 */
public record EmbeddingPart(
    Site site, OptionalInt padding, double deviation, Optional<String> shared, boolean sinusoids)
    implements ModulePart {
  /** A table without a padding row. */
  public static EmbeddingPart of(
      String name, SiteRole role, long rows, long width, double deviation) {
    List<SiteParameter> table = List.of(SiteParameter.weight("weight", rows, width));
    Site site = Site.embedding(name, name, rows, width, table).as(role);
    return new EmbeddingPart(site, OptionalInt.empty(), deviation, Optional.empty(), false);
  }

  /** A table of positions whose values are computed. */
  public static EmbeddingPart sinusoids(String name, long rows, long width) {
    EmbeddingPart learnt = of(name, SiteRole.POSITION_EMBEDDING, rows, width, 0);
    return new EmbeddingPart(learnt.site, OptionalInt.empty(), 0, Optional.empty(), true);
  }

  /** The same table with that padding row, or without one if the row is outside the table. */
  public EmbeddingPart withPadding(OptionalInt row) {
    boolean there = row.isPresent() && row.getAsInt() < rows();
    OptionalInt padded = there ? row : OptionalInt.empty();
    return new EmbeddingPart(site.withPadding(padded), padded, deviation, shared, sinusoids);
  }

  /** The same table under a key that other modules use too. */
  public EmbeddingPart sharing(String key) {
    return new EmbeddingPart(site, padding, deviation, Optional.of(key), sinusoids);
  }

  /** The same with a table of its own. */
  public EmbeddingPart alone() {
    return new EmbeddingPart(site, padding, deviation, Optional.empty(), sinusoids);
  }

  /** The same, which files and adapters of before know as {@code other}. */
  public EmbeddingPart formerly(String other) {
    return new EmbeddingPart(site.formerly(other), padding, deviation, shared, sinusoids);
  }

  /** The number of vectors. */
  public int rows() {
    return Math.toIntExact(site.inputs());
  }

  /** The width of a vector. */
  public long width() {
    return site.outputs();
  }

  /** The key of the table in a checkpoint. */
  public String key() {
    return shared.orElseGet(this::ownKey);
  }

  /** The key that the table has, or would have if no other module shared it. */
  public String ownKey() {
    return site.name() + "." + site.parameters().get(0).name();
  }
}
