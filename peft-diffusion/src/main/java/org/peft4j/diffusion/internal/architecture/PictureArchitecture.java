package org.peft4j.diffusion.internal.architecture;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.peft4j.site.Site;

/**
 * A model of pictures.
 *
 * @param className of diffusers: {@code UNet2DConditionModel}
 * @param inputChannels of the pictures that it takes
 * @param outputChannels of those that it gives
 * @param textWidth of the text's states that it reads; 0 for none
 * @param stages one after the other
 * @param kept the names of stages whose results are joined to others later, last in first out
 */
public record PictureArchitecture(
    String className,
    int inputChannels,
    int outputChannels,
    int textWidth,
    List<Stage> stages,
    Set<String> kept) {
  public PictureArchitecture {
    stages = List.copyOf(stages);
    kept = Set.copyOf(kept);
  }

  /** The last stage, whose result is the model's. */
  public Stage end() {
    return stages.get(stages.size() - 1);
  }

  /** The keys of parameters in files of before, by those of today; empty for most. */
  public Map<String, String> formerKeys() {
    Map<String, String> former = new TreeMap<>();
    for (Stage stage : stages) {
      if (stage instanceof Stage.PixelAttention attention) {
        former.putAll(attention.formerKeys());
      }
    }
    return former;
  }

  /** Every site, in the order of the forward pass. */
  public List<Site> sites() {
    return stages.stream().flatMap(stage -> stage.sites().stream()).toList();
  }

  /** The number of parameters. */
  public long parameterCount() {
    return sites().stream().mapToLong(Site::count).sum();
  }
}
