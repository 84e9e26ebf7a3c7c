package org.peft4j.bottleneck.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.CommonConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/** Selects a config's places from those that its targets match. */
final class Places {
  private static final Pattern INDEX = Pattern.compile("(?:^|\\.)(\\d{1,9})\\.");

  private Places() {}

  /** The places to adapt, in the model's order. */
  static List<Site> of(List<Site> targets, BottleneckConfig config) {
    return targets.stream().filter(site -> means(config, site)).toList();
  }

  private static boolean means(BottleneckConfig config, Site site) {
    OptionalInt layer = layer(site);
    if (layer.isPresent() && config.leaveOut().contains(layer.getAsInt())) {
      return false;
    }
    return config.common().targetModules().isPresent()
        || (site.role() == SiteRole.ATTENTION ? config.mhAdapter() : config.outputAdapter());
  }

  /** The first number in the place's path. */
  private static OptionalInt layer(Site site) {
    Matcher matcher = INDEX.matcher(site.name());
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /**
   * Checks a config against all places that its targets match.
   *
   * @throws org.peft4j.error.PeftException if a layer to leave out does not exist, or no place is
   *     left
   */
  static void check(List<Site> targets, BottleneckConfig config) {
    List<String> problems = new ArrayList<>();
    List<Integer> layers =
        targets.stream()
            .map(Places::layer)
            .flatMapToInt(OptionalInt::stream)
            .distinct()
            .boxed()
            .toList();
    for (int left : config.leaveOut()) {
      if (!layers.contains(left)) {
        problems.add(
            "leave_out has "
                + left
                + ", but "
                + (layers.isEmpty()
                    ? "this model numbers no layers; name them in exclude_modules."
                    : "the layers are " + layers + "."));
      }
    }
    if (problems.isEmpty() && of(targets, config).isEmpty()) {
      problems.add(
          "mh_adapter, output_adapter and leave_out leave out every place of this model: "
              + targets.stream().map(Site::name).limit(8).toList()
              + ".");
    }
    CommonConfig.require("bottleneck config for this model", problems);
  }
}
