package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.PenaltyAdapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.samediff.sites.GraphPlace;
import org.peft4j.internal.samediff.sites.GraphSite;
import org.peft4j.internal.samediff.sites.GraphSites;
import org.peft4j.internal.samediff.sites.NativeOp;
import org.peft4j.internal.samediff.sites.Product;
import org.peft4j.internal.samediff.sites.Use;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/** Puts a set of adapters into a wrapped graph. */
final class GraphLayout {
  private final Surroundings around;
  private final Wiring wiring;
  private final List<GraphSite> sites;
  private final Map<String, GraphPlace> places;
  private final Map<String, OriginalPart> originals;

  GraphLayout(
      Surroundings around,
      Wiring wiring,
      List<GraphSite> sites,
      Map<String, GraphPlace> places,
      Map<String, OriginalPart> originals) {
    this.around = around;
    this.wiring = wiring;
    this.sites = sites;
    this.places = places;
    this.originals = originals;
  }

  /** The name of a parameter's variable. */
  static String name(Slot slot, ParameterSpec spec) {
    return slot.adapterName() + "/" + slot.adapter().site().name() + "." + spec.name();
  }

  /** Replaces what was there by these. */
  void put(List<Slot> slots) {
    wiring.undo();
    for (Slot slot : slots) {
      for (ParameterSpec spec : slot.adapter().trainable()) {
        String name = name(slot, spec);
        if (!wiring.isFree(name)) {
          throw new PeftException(
              "The graph has a variable "
                  + name
                  + " already, as adapter \""
                  + slot.adapterName()
                  + "\" would name one of its own. Give the adapter another name.");
        }
        wiring.parameter(name, slot.values().get(spec.name()));
      }
    }
    for (GraphSite site : sites) {
      put(site, at(site.site().name(), slots));
    }
    places.forEach(
        (variable, place) -> {
          List<Slot> own = at(variable, slots);
          if (!own.isEmpty()) {
            wiring.after(
                variable, variable + "/adapters", new OutputGraft(around, place, own), names(own));
          }
        });
    putTerms(slots);
    wiring.forgetComputed();
  }

  private void putTerms(List<Slot> slots) {
    String loss = LossTerms.of(around.graph());
    around.terms().set(loss);
    for (Slot slot : slots) {
      if (loss != null && slot.adapter() instanceof PenaltyAdapter) {
        String name = slot.adapterName() + "/" + slot.adapter().site().name() + "/penalty";
        wiring.after(loss, name, new PenaltyGraft(around, slot), names(List.of(slot)));
      }
    }
  }

  /** Whether another variable is the loss than when the adapters were put in. */
  boolean lossChanged() {
    return !Objects.equals(around.terms().loss(), LossTerms.of(around.graph()));
  }

  private static List<Slot> at(String site, List<Slot> slots) {
    return slots.stream().filter(slot -> slot.adapter().site().name().equals(site)).toList();
  }

  private static List<String> names(List<Slot> slots) {
    List<String> names = new ArrayList<>();
    slots.forEach(slot -> slot.adapter().trainable().forEach(s -> names.add(name(slot, s))));
    return names;
  }

  private void put(GraphSite site, List<Slot> slots) {
    Map<SiteParameter, List<Use>> changed = new LinkedHashMap<>();
    for (Use use : site.uses()) {
      if (use.beside() instanceof Product product) {
        product(site, use, product, slots);
      } else if (use.beside() instanceof NativeOp lookUp && !slots.isEmpty()) {
        lookUp(site, use, lookUp, slots);
      } else if (!(use.parameter().bias() && isInProduct(site, use))) {
        changed.computeIfAbsent(use.parameter(), p -> new ArrayList<>()).add(use);
      }
    }
    changed.forEach((parameter, uses) -> change(site, parameter, uses, slots));
  }

  /** Whether a use of a bias is that of a product that adds it. */
  private static boolean isInProduct(GraphSite site, Use bias) {
    return site.uses().stream()
        .anyMatch(
            use -> use.beside() instanceof Product && use.operation().equals(bias.operation()));
  }

  private void product(GraphSite site, Use use, Product product, List<Slot> all) {
    List<String> arguments = wiring.inputs(use.operation());
    boolean biased = product.biased();
    List<Slot> slots = all.stream().filter(slot -> actsInProduct(slot, biased)).toList();
    List<String> inputs = new ArrayList<>();
    inputs.add(arguments.get(product.weightFirst() ? 1 : 0));
    inputs.addAll(names(slots));
    inputs.add(arguments.get(use.argument()));
    if (biased) {
      inputs.add(arguments.get(2));
    }
    @Nullable FrozenWeight bias = biased ? frozen(site, GraphSites.BIAS) : null;
    wiring.replace(
        use.operation(),
        new ProductGraft(
            around, site.site(), slots, product, frozen(site, GraphSites.WEIGHT), bias),
        inputs);
  }

  /** Whether it does not change only a bias that the product does not add. */
  private static boolean actsInProduct(Slot slot, boolean biased) {
    return !(slot.adapter() instanceof TrainableCopy copy)
        || copy.copies(GraphSites.WEIGHT)
        || biased;
  }

  private void lookUp(GraphSite site, Use use, NativeOp op, List<Slot> slots) {
    List<String> arguments = wiring.inputs(use.operation());
    List<String> inputs = new ArrayList<>(names(slots));
    inputs.addAll(arguments);
    wiring.replace(
        use.operation(),
        new LookUpGraft(around, site.site(), slots, op, frozen(site, GraphSites.WEIGHT)),
        inputs);
  }

  private void change(GraphSite site, SiteParameter parameter, List<Use> uses, List<Slot> all) {
    boolean weight = parameter.name().equals(GraphSites.WEIGHT) && site.site().outputs() > 0;
    List<Slot> slots =
        all.stream().filter(slot -> ParameterGraft.changes(slot, parameter, weight)).toList();
    if (slots.isEmpty()) {
      return;
    }
    List<String> inputs = new ArrayList<>(names(slots));
    inputs.add(site.variable(parameter.name()));
    wiring.before(
        site.site().name() + "/adapted_" + parameter.name(),
        new ParameterGraft(around, site.site(), slots, parameter, uses.get(0).view()),
        inputs,
        site.variable(parameter.name()),
        uses);
  }

  private FrozenWeight frozen(GraphSite site, String parameter) {
    OriginalPart original = originals.get(site.site().name());
    if (original == null) {
      throw new IllegalArgumentException("No site " + site.site().name() + " in this graph.");
    }
    return original.frozen(site.site(), parameter);
  }
}
