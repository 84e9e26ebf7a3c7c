package org.peft4j.diffusion.internal.part;

import org.peft4j.diffusion.internal.architecture.ConvolutionPart;
import org.peft4j.diffusion.internal.architecture.GroupNormPart;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.GroupNormModule;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.internal.weights.WeightStore;

/** Makes a layer's modules over the frozen weights, each with its site's adapters. */
public record PictureModules(PictureModel model, LayerGrafts grafts) {
  /** A linear map, or a convolution of single pixels. */
  LinearModule map(Site site) {
    WeightStore weights = model.weights();
    return new LinearModule(
        grafts.at(site.name()),
        weights.get(site.name() + ".weight"),
        weights.find(site.name() + ".bias"));
  }

  ConvolutionModule convolution(ConvolutionPart part) {
    return new ConvolutionModule(map(part.site()), part.window(), part.outputs());
  }

  NormModule norm(NormPart part) {
    WeightStore weights = model.weights();
    String name = part.site().name();
    return new NormModule(
        grafts.at(name),
        weights.get(name + ".weight"),
        weights.find(name + ".bias"),
        NormModule.Formula.LAYER,
        part.epsilon());
  }

  GroupNorm groupNorm(GroupNormPart part) {
    WeightStore weights = model.weights();
    String name = part.site().name();
    return new GroupNorm(
        new GroupNormModule(
            grafts.at(name),
            weights.get(name + ".weight"),
            weights.get(name + ".bias"),
            part.epsilon()),
        part.groups());
  }
}
