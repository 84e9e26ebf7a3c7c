package org.peft4j.internal.graft;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.PenaltyAdapter;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.Tape;
import org.peft4j.internal.graft.Span.Acting;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;

/**
 * The grafts of one layer of one replica, by site: what a layer implementation needs to run
 * adapters.
 */
public final class LayerGrafts {
  private final Map<String, SiteGrafts> sites = new LinkedHashMap<>();
  private final SharedState shared;
  private final Kernels kernels;
  private final boolean inputGradientNeeded;

  /**
   * @param sites the layer's sites with their grafts
   * @param inputGradientNeeded whether anything below this layer trains
   */
  public LayerGrafts(
      List<SiteGrafts> sites, SharedState shared, Kernels kernels, boolean inputGradientNeeded) {
    sites.forEach(s -> this.sites.put(s.site().name(), s));
    this.shared = shared;
    this.kernels = kernels;
    this.inputGradientNeeded = inputGradientNeeded;
  }

  /** A layer without grafts. */
  public static LayerGrafts none(List<Site> sites, Kernels kernels) {
    return new LayerGrafts(
        sites.stream().map(SiteGrafts::none).toList(), SharedState.of(0), kernels, false);
  }

  /** The grafts on the site of that name. */
  public SiteGrafts at(String siteName) {
    SiteGrafts grafts = sites.get(siteName);
    if (grafts == null) {
      throw new IllegalArgumentException(
          "No site " + siteName + " in this layer. There are: " + sites.keySet() + ".");
    }
    return grafts;
  }

  /** Whether the layer has a site of that name. */
  public boolean has(String siteName) {
    return sites.containsKey(siteName);
  }

  /** Every graft, in the order of the sites and, at each, of the adapters. */
  public List<Graft> all() {
    return sites.values().stream().flatMap(s -> s.all().stream()).toList();
  }

  /** Whether any parameter of this layer trains. */
  public boolean trains() {
    return sites.values().stream().anyMatch(s -> !s.all().isEmpty());
  }

  /** Whether any parameter at one of these sites trains. */
  public boolean trainsAt(List<Site> of) {
    return of.stream().anyMatch(site -> !at(site.name()).all().isEmpty());
  }

  /** Whether any graft of this layer acts now. */
  public boolean acts() {
    return sites.values().stream().anyMatch(SiteGrafts::acts);
  }

  /** Whether any adapter scales a linear map's output. */
  public boolean scaleOutputs() {
    return all().stream()
        .anyMatch(g -> g.adapter() instanceof ScalingAdapter s && !s.scalesInput());
  }

  /** The sum of the adapters' own terms of the loss; zero where they do not act. */
  public double penalty() {
    return penalised().mapToDouble(p -> p.adapter().penalty(kernels, p.graft().parameters())).sum();
  }

  /** Adds {@code scale} times the gradients of the adapters' own terms of the loss. */
  public void addPenaltyGradients(double scale) {
    penalised()
        .forEach(
            p ->
                p.adapter()
                    .addPenaltyGradient(
                        kernels, p.graft().parameters(), scale, p.graft().gradients()));
  }

  private Stream<Acting<PenaltyAdapter>> penalised() {
    return sites.values().stream().flatMap(s -> Span.of(s.acting(), PenaltyAdapter.class));
  }

  /** Whether the gradient of this layer's input is needed. */
  public boolean inputGradientNeeded() {
    return inputGradientNeeded;
  }

  public Kernels kernels() {
    return kernels;
  }

  /** What the layers of this thread's pass share. */
  public PassState passState() {
    return shared.passes().current();
  }

  /** The next pass through this layer. Keep it for the backward pass. */
  public Pass nextPass(boolean training) {
    boolean random = training && shared.masks().inUse();
    long seed = random ? shared.masks().next() : 0;
    return new Pass(kernels, random, seed, Tape.NONE, shared.passes().current());
  }
}
