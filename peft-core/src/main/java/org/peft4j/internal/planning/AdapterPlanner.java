package org.peft4j.internal.planning;

import static org.peft4j.internal.Quoted.quoted;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.Bias;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModulePattern;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.config.SelectorMatch;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestPaths;
import org.peft4j.internal.method.HeadTokenRows;
import org.peft4j.internal.method.TokenRows;
import org.peft4j.method.Injection;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.weight.FrozenWeight;

/** Turns a config and a model's sites into adapters, in the order of the sites. */
public final class AdapterPlanner {
  private final List<Site> sites;
  private final Optional<String> modelType;
  private final FrozenValues frozen;
  private final Consumer<String> warnings;

  /**
   * @param sites all sites of the model
   * @param modelType the Hugging Face model type, for default targets
   * @param frozen the frozen values, for trainable copies
   * @param warnings receives what in a config means nothing here
   */
  public AdapterPlanner(
      List<Site> sites,
      Optional<String> modelType,
      FrozenValues frozen,
      Consumer<String> warnings) {
    this.sites = List.copyOf(sites);
    this.modelType = modelType;
    this.frozen = frozen;
    this.warnings = warnings;
  }

  /** The targets of {@code config} in this model: its own, or the model type's default. */
  public <C extends PeftConfig> ModuleSelector targets(PeftMethod<C> method, C config) {
    return config
        .common()
        .targetModules()
        .or(() -> method.implicitTargets(config))
        .or(
            () ->
                method
                    .defaultTargets(new ModelModules(modelType, sites))
                    .<ModuleSelector>map(ModuleSelector.Names::new))
        .orElseThrow(
            () ->
                new PeftException(
                    "The config names no target_modules, and there is no default for "
                        + modelType.map(t -> "model type " + t).orElse("a model without a type")
                        + ". Name some of: "
                        + NearestPaths.of("", sites.stream().map(Site::name).toList())
                        + "; or all-linear, or all-adaptable."));
  }

  /**
   * The targets as an adapter file has them: names instead of {@code all-adaptable}, which no other
   * reader knows; empty for a method that needs no names.
   */
  public <C extends PeftConfig> Optional<ModuleSelector> written(PeftMethod<C> method, C config) {
    ModuleSelector targets = targets(method, config);
    if (!(targets instanceof ModuleSelector.Every)) {
      return Optional.of(targets);
    }
    CommonConfig common = config.common();
    IdleNames silent = IdleNames.told(warning -> {});
    Set<Site> saved = savedSites(common.modulesToSave(), common.taskHeads(), silent);
    return common
        .targetModules()
        .map(every -> matcher(method, config, saved, silent).match(every))
        .map(sites -> new ModuleSelector.Names(sites.stream().map(Site::name).toList()));
  }

  private <C extends PeftConfig> TargetMatcher matcher(
      PeftMethod<C> method, C config, Set<Site> saved, IdleNames idle) {
    return new TargetMatcher(
        sites, config.common(), saved, method.peftType(), method.siteKinds(), idle);
  }

  /**
   * The adapters of {@code config}.
   *
   * @param modulesToSave the modules that train as a copy
   * @param fresh see {@link Injection#fresh()}
   * @param encoders see {@link Injection#encoders()}
   */
  public <C extends PeftConfig> List<Adapter> plan(
      PeftMethod<C> method, C config, List<String> modulesToSave, boolean fresh, boolean encoders) {
    CommonConfig common = config.common();
    IdleNames idle = fresh ? IdleNames.REFUSED : IdleNames.told(warnings);
    Set<Site> named = savedSites(modulesToSave, common.taskHeads(), idle);
    Optional<WeightTies> ties =
        method.tiesWeights(config) ? WeightTies.of(sites, frozen, warnings) : Optional.empty();
    Optional<WeightTies> savedTies = ties.filter(t -> t.save(common.modulesToSave(), named));
    List<Site> saved =
        savedTies.map(t -> t.resolve(named, sites)).orElseGet(() -> List.copyOf(named));
    Set<Site> untargeted = new LinkedHashSet<>(saved);
    savedTies.ifPresent(t -> untargeted.addAll(t.others()));
    List<Site> targets = matcher(method, config, untargeted, idle).match(targets(method, config));
    reportIdlePatterns(method.patterns(config), targets, idle);
    Optional<WeightTies> targetTies =
        savedTies.isPresent()
            ? Optional.empty()
            : ties.filter(t -> t.target(common.targetModules()));
    if (targetTies.isPresent()) {
      requireEmbeddings(method, targetTies.get());
      targets = targetTies.get().resolve(targets, sites);
    }
    Map<Site, List<Adapter>> planned = new LinkedHashMap<>();
    sites.forEach(site -> planned.put(site, new ArrayList<>()));
    Injection injection = new Injection(targets, frozen, fresh, encoders, tiedTo(targetTies));
    for (Site site : targets) {
      method.inject(site, config, injection).ifPresent(at(planned, site)::add);
    }
    Function<Site, List<Site>> tied = tiedTo(savedTies);
    saved.forEach(
        site ->
            at(planned, site)
                .add(
                    new TrainableCopy(
                        site,
                        site.parameters(),
                        method.savedModulesRoot(),
                        "",
                        p -> value(site, p),
                        tied.apply(site))));
    addBiases(common.bias(), new LinkedHashSet<>(targets), new LinkedHashSet<>(saved), planned);
    addTokenRows(method.tokenRows(config), ties.isPresent(), injection, planned);
    addTies(planned);
    List<Adapter> adapters = planned.values().stream().flatMap(List::stream).toList();
    if (adapters.isEmpty()) {
      throw new PeftException(
          method.peftType()
              + " has nothing to train at the "
              + targets.size()
              + " matched targets (first: "
              + targets.get(0).name()
              + "). Name other targets.");
    }
    return adapters;
  }

  private static void requireEmbeddings(PeftMethod<?> method, WeightTies ties) {
    if (!method.siteKinds().contains(SiteKind.EMBEDDING)) {
      throw new PeftException(
          "ensure_weight_tying puts the adapter of "
              + ties.others().get(0).name()
              + " on "
              + ties.table().name()
              + ", whose weight it shares, and "
              + method.peftType()
              + " has none for embeddings. Target other modules, or set ensure_weight_tying to"
              + " false.");
    }
  }

  private static Function<Site, List<Site>> tiedTo(Optional<WeightTies> ties) {
    return site ->
        ties.filter(t -> t.table().equals(site)).map(WeightTies::others).orElse(List.of());
  }

  private static List<Adapter> at(Map<Site, List<Adapter>> planned, Site site) {
    return planned.computeIfAbsent(site, s -> new ArrayList<>());
  }

  /** Adds the rows of embeddings and heads that train beside the method's own adapters. */
  private void addTokenRows(
      Map<String, List<Integer>> tokenRows,
      boolean ensureTying,
      Injection injection,
      Map<Site, List<Adapter>> planned) {
    Map<Site, List<Integer>> rows = new LinkedHashMap<>();
    tokenRows.forEach((module, ids) -> rows.put(ofVocabulary(module), ids));
    if (ensureTying) {
      rows.keySet().forEach(site -> requireSameRows(site, rows));
    }
    rows.forEach(
        (site, ids) -> {
          if (site.kind() == SiteKind.EMBEDDING) {
            List<Site> tied = tiedRows(site, rows);
            at(planned, site)
                .add(new TokenRows(site, ids, "token_adapter.", false, tied, injection));
          } else if (frozen.tiedTo(site).stream()
              .noneMatch(
                  table -> rows.containsKey(table) && tiedRows(table, rows).contains(site))) {
            at(planned, site).add(new HeadTokenRows(site, ids, injection));
          }
        });
  }

  private void requireSameRows(Site site, Map<Site, List<Integer>> rows) {
    for (Site other : frozen.tiedTo(site)) {
      if (rows.containsKey(other) && !Objects.equals(rows.get(other), rows.get(site))) {
        throw new PeftException(
            "ensure_weight_tying is true, but trainable_token_indices has other ids for "
                + site.name()
                + " than for "
                + other.name()
                + ", which share a weight. Give both the same ids, or set ensure_weight_tying to"
                + " false.");
      }
    }
  }

  /** The embedding or head of that name; the first embedding without a name. */
  private Site ofVocabulary(String module) {
    List<Site> there =
        sites.stream()
            .filter(
                s ->
                    s.kind() == SiteKind.EMBEDDING
                        || s.kind() == SiteKind.LINEAR && s.role() == SiteRole.HEAD)
            .toList();
    return there.stream()
        .filter(s -> module.isEmpty() || SelectorMatch.means(module, s))
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    "trainable_token_indices names "
                        + quoted(module)
                        + ", which is not an embedding or head of this model. Nearest: "
                        + NearestPaths.of(module, there.stream().map(Site::name).toList())
                        + "."));
  }

  /** The heads whose rows follow the embedding's: none where one of them has rows of its own. */
  private List<Site> tiedRows(Site table, Map<Site, List<Integer>> rows) {
    List<Site> heads = frozen.tiedTo(table);
    boolean apart =
        heads.stream()
            .anyMatch(
                head -> rows.containsKey(head) && !Objects.equals(rows.get(head), rows.get(table)));
    return apart ? List.of() : heads;
  }

  /** Puts the parts of adapters that act at other sites too to those. */
  private void addTies(Map<Site, List<Adapter>> planned) {
    for (Site site : sites) {
      for (Adapter adapter : List.copyOf(at(planned, site))) {
        if (adapter instanceof SharingAdapter sharing) {
          sharing.tied().forEach(other -> at(planned, other).add(sharing.at(other)));
        }
      }
    }
  }

  private void addBiases(
      Bias bias, Set<Site> targets, Set<Site> saved, Map<Site, List<Adapter>> planned) {
    if (bias == Bias.NONE) {
      return;
    }
    for (Site site : sites) {
      List<SiteParameter> biases = site.parameters().stream().filter(SiteParameter::bias).toList();
      boolean wanted = bias == Bias.ALL || targets.contains(site);
      if (wanted && !biases.isEmpty() && !saved.contains(site)) {
        String prefix = targets.contains(site) ? "base_layer." : "";
        at(planned, site).add(new TrainableCopy(site, biases, prefix, p -> value(site, p)));
      }
    }
  }

  private FrozenWeight value(Site site, SiteParameter parameter) {
    return frozen.parameter(site, parameter.name());
  }

  /**
   * The modules of these names.
   *
   * @param optional names that need not be there
   */
  private Set<Site> savedSites(List<String> names, List<String> optional, IdleNames idle) {
    Set<Site> saved = new LinkedHashSet<>();
    List<String> problems = new ArrayList<>();
    for (String name : names) {
      List<Site> found =
          sites.stream()
              .filter(s -> s.kind().isModule() && !isParameter(s))
              .filter(
                  s -> TargetMatcher.inside(s, name) || optional.contains(name) && ends(s, name))
              .toList();
      if (found.isEmpty() && !optional.contains(name)) {
        problems.add(
            quoted(name)
                + " matches no module of this model. Nearest: "
                + NearestPaths.of(name, sites.stream().map(Site::name).toList())
                + ".");
      }
      saved.addAll(found);
    }
    idle.report("modules_to_save", problems);
    return saved;
  }

  /** Whether it is a parameter that belongs to no module: CLIP's {@code logit_scale}. */
  private static boolean isParameter(Site site) {
    return site.parameters().size() == 1 && site.parameters().get(0).name().isEmpty();
  }

  /** DistilBERT's {@code pre_classifier} belongs to its head {@code classifier}. */
  private static boolean ends(Site site, String name) {
    return site.name().endsWith("_" + name);
  }

  private static void reportIdlePatterns(
      List<String> patterns, List<Site> targets, IdleNames idle) {
    List<String> problems = new ArrayList<>();
    for (String text : patterns) {
      ModulePattern pattern = ModulePattern.suffix("rank_pattern or alpha_pattern", text);
      if (targets.stream().noneMatch(s -> pattern.matches(s.name()))) {
        problems.add(quoted(text) + " matches no target.");
      }
    }
    idle.report("rank_pattern or alpha_pattern", problems);
  }
}
