package org.peft4j.lora.internal.lowrank;

import org.peft4j.adapter.Pass;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.site.Site;

/**
 * A config's settings at one site.
 *
 * @param rank r
 * @param scale s = α/r, or α/√r
 * @param dropout the probability that an input of A is zeroed in training
 * @param bias whether B has a bias
 * @param init the first values of A and B
 */
public record LoraShape(int rank, double scale, double dropout, boolean bias, LoraInit init) {
  /** Rank and alpha by the site's path, and the resulting scale. */
  public static LoraShape at(Site site, LoraConfig config) {
    int rank = config.ranks().rankAt(site);
    double alpha = config.ranks().alphaAt(site);
    double scale = config.rslora() ? alpha / Math.sqrt(rank) : alpha / rank;
    return new LoraShape(rank, scale, config.dropout(), config.loraBias(), config.init());
  }

  /** Whether this pass drops inputs. */
  public boolean drops(Pass pass) {
    return pass.training() && dropout > 0;
  }

  /** The same with another scale. */
  public LoraShape withScale(double other) {
    return new LoraShape(rank, other, dropout, bias, init);
  }

  /** The same with another rank and the same scale. */
  public LoraShape withRank(int other) {
    return new LoraShape(other, scale, dropout, bias, init);
  }

  /** The same, without dropout. */
  public LoraShape withoutDropout() {
    return new LoraShape(rank, scale, 0, bias, init);
  }
}
