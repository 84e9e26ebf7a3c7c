package org.peft4j.internal.planning;

import static org.peft4j.internal.Quoted.quoted;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModulePattern;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.SelectorMatch;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestPaths;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;

/**
 * Selects the sites of a config by Hugging Face PEFT's rules: exclusions first, then {@code
 * modules_to_save}, then names (the whole path, or its end after a dot if the layer index is
 * selected) or a pattern over the whole path. Unlike in Hugging Face PEFT, a name that matches
 * nothing is an error.
 */
final class TargetMatcher {
  private final List<Site> sites;
  private final CommonConfig config;
  private final Set<Site> saved;
  private final String method;
  private final Set<SiteKind> supported;
  private final LayerIndex layerIndex;
  private final IdleNames idle;

  TargetMatcher(
      List<Site> sites,
      CommonConfig config,
      Set<Site> saved,
      String method,
      Set<SiteKind> supported,
      IdleNames idle) {
    this.sites = sites;
    this.config = config;
    this.saved = saved;
    this.method = method;
    this.supported = supported;
    this.idle = idle;
    this.layerIndex = new LayerIndex(config.layersToTransform(), config.layersPattern());
  }

  /**
   * The target sites, in the model's order.
   *
   * @param selector what to match
   */
  List<Site> match(ModuleSelector selector) {
    reportIdleFields();
    List<Site> candidates =
        sites.stream()
            .filter(site -> supported.contains(site.kind()) || site.kind().isModule())
            .filter(site -> !excluded(site) && !saved.contains(site))
            .toList();
    List<Site> matched;
    if (selector instanceof ModuleSelector.Names names) {
      matched = named(names.names(), candidates);
    } else if (selector instanceof ModuleSelector.Regex regex) {
      ModulePattern pattern = ModulePattern.compile("target_modules", regex.pattern());
      matched =
          candidates.stream()
              .filter(s -> pattern.matches(s.name()) || pattern.matches(s.module()))
              .filter(s -> !isRest(s))
              .toList();
      requireSome(matched, regex.pattern());
    } else if (selector instanceof ModuleSelector.Every) {
      matched =
          candidates.stream()
              .filter(s -> supported.contains(s.kind()) && layerIndex.includes(s.name() + "."))
              .toList();
      requireSome(matched, "every site of the kinds " + supported);
    } else {
      matched =
          candidates.stream()
              .filter(s -> s.kind() == SiteKind.LINEAR && s.role() != SiteRole.HEAD)
              .toList();
      requireLinear(matched);
    }
    return requireSupported(matched);
  }

  private List<Site> named(List<String> names, List<Site> candidates) {
    if (names.isEmpty()) {
      CommonConfig.require(
          "target_modules",
          List.of("The list is empty; allowed: one name or more, such as: " + nearest("") + "."));
    }
    List<String> unknown = names.stream().filter(name -> !isKnown(name)).toList();
    List<String> problems =
        unknown.stream()
            .map(
                name ->
                    "Target "
                        + quoted(name)
                        + " matches no site of this model. Nearest: "
                        + nearest(name)
                        + ".")
            .collect(Collectors.toCollection(ArrayList::new));
    UsualNames.sentence(unknown, graftableSites()).ifPresent(problems::add);
    if (unknown.size() == names.size()) {
      CommonConfig.require("target_modules", problems);
    }
    idle.report("target_modules", problems);
    List<Site> matched =
        candidates.stream()
            .filter(site -> names.stream().anyMatch(name -> matches(site, name)))
            .toList();
    if (matched.isEmpty()) {
      throw new PeftException(
          "Targets "
              + names
              + " match only sites that exclude_modules, modules_to_save or layers_to_transform"
              + " leave out. Check those fields.");
    }
    return matched;
  }

  private boolean isKnown(String name) {
    return sites.stream().anyMatch(site -> SelectorMatch.means(name, site));
  }

  /** Exclusions and layers that mean nothing leave something in that the user wanted out. */
  private void reportIdleFields() {
    idle.report(
        "exclude_modules", config.excludeModules().map(this::idleExclusions).orElse(List.of()));
    List<String> paths = sites.stream().map(site -> site.name() + ".").toList();
    idle.report("layers_to_transform", layerIndex.idle(paths));
  }

  private List<String> idleExclusions(ModuleSelector excluded) {
    if (excluded instanceof ModuleSelector.Names names) {
      return names.names().stream()
          .filter(name -> !isKnown(name))
          .map(name -> idleExclusion(name, nearest(name)))
          .toList();
    }
    String text =
        excluded instanceof ModuleSelector.Regex regex
            ? regex.pattern()
            : ModuleSelector.ALL_LINEAR;
    return sites.stream().anyMatch(site -> SelectorMatch.means(excluded, site))
        ? List.of()
        : List.of(idleExclusion(text, nearest("")));
  }

  private static String idleExclusion(String name, String nearest) {
    return quoted(name) + " matches no module of this model. Nearest: " + nearest + ".";
  }

  private boolean matches(Site site, String name) {
    return matches(site.name(), name) || matches(site.module(), name) && !isRest(site);
  }

  private boolean matches(String path, String name) {
    return path.equals(name) || (path.endsWith("." + name) && layerIndex.includes(path));
  }

  private void requireSome(List<Site> matched, String pattern) {
    if (matched.isEmpty()) {
      throw new PeftException(
          "Target "
              + quoted(pattern)
              + " matches no site of this model. "
              + (graftable().isEmpty()
                  ? "It has none that " + method + " supports."
                  : "There are: " + nearest(pattern) + "."));
    }
  }

  /**
   * As in Hugging Face PEFT, convolutions and embeddings are not meant, and output heads neither.
   */
  private void requireLinear(List<Site> matched) {
    if (matched.isEmpty() && !graftable().isEmpty()) {
      throw new PeftException(
          "Target \"all-linear\" matches no site of this model: it means linear maps that are no"
              + " output head. There are: "
              + nearest("")
              + ". Target \"all-adaptable\", which means all of these, or some of them by name.");
    }
    requireSome(matched, ModuleSelector.ALL_LINEAR);
  }

  private List<Site> requireSupported(List<Site> matched) {
    if (matched.stream().anyMatch(s -> !s.kind().isModule())) {
      // A method whose sites are not modules: a matched name selects only such sites.
      return matched.stream().filter(s -> supported.contains(s.kind())).toList();
    }
    List<Site> unsupported = matched.stream().filter(s -> !supported.contains(s.kind())).toList();
    if (!unsupported.isEmpty()) {
      Site first = unsupported.get(0);
      throw new PeftException(
          "Target "
              + first.name()
              + " is of the kind "
              + first.kind()
              + "; "
              + method
              + " supports "
              + supported
              + ". Nearest: "
              + nearest(first.name())
              + "."
              + (unsupported.size() == matched.size()
                  ? ""
                  : " Or leave out with exclude_modules: "
                      + NearestPaths.of("", unsupported.stream().map(Site::name).toList())
                      + "."));
    }
    return matched;
  }

  /** Whether it holds what is left of a module that the method adapts at other sites. */
  private boolean isRest(Site site) {
    return site.kind() == SiteKind.PARAMETERS
        && sites.stream()
            .anyMatch(s -> supported.contains(s.kind()) && s.module().equals(site.module()));
  }

  private List<String> graftable() {
    return graftableSites().stream().map(Site::name).toList();
  }

  private List<Site> graftableSites() {
    return sites.stream().filter(s -> supported.contains(s.kind())).toList();
  }

  private String nearest(String name) {
    return NearestPaths.of(name, graftable());
  }

  private boolean excluded(Site site) {
    return config.excludeModules().map(s -> SelectorMatch.means(s, site)).orElse(false);
  }

  /** Whether {@code site} is the module of that name, or inside it. */
  static boolean inside(Site site, String name) {
    String path = "." + site.name() + ".";
    return path.contains("." + name + ".");
  }
}
