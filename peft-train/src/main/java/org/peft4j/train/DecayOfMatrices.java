package org.peft4j.train;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.peft4j.PeftModel;
import org.peft4j.method.ParameterGroups;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * The weight decay of Hugging Face transformers' Trainer ({@code get_decay_parameter_names}): that
 * of the settings for every tensor but biases and those of a norm. Other vectors decay, such as
 * DoRA's magnitudes. Trainer knows norms by class and name; here, the model's sites tell them, too.
 *
 * @param weightDecay of what decays
 * @param norms the paths of norms, none if they decay
 * @param names found in the keys of what does not decay
 */
record DecayOfMatrices(double weightDecay, List<String> norms, Pattern names)
    implements ParameterGroups {
  private static final Pattern NONE = Pattern.compile("(?!)");
  private static final Pattern EXEMPT =
      Pattern.compile("bias|layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)");

  static DecayOfMatrices of(FineTuningSettings settings, PeftModel<?> model) {
    if (settings.decayAll()) {
      return new DecayOfMatrices(settings.weightDecay(), List.of(), NONE);
    }
    List<String> norms =
        model.sites().stream()
            .filter(site -> site.kind() == SiteKind.NORM)
            .map(Site::module)
            .distinct()
            .toList();
    return new DecayOfMatrices(settings.weightDecay(), norms, EXEMPT);
  }

  @Override
  public Group of(String key, int dimensions, double learningRate) {
    boolean exempt =
        names.matcher(key.toLowerCase(Locale.ROOT)).find()
            || norms.stream().anyMatch(norm -> key.contains("." + norm + "."));
    return new Group(1, exempt ? 0 : weightDecay);
  }
}
