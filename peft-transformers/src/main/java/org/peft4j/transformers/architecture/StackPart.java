package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.site.Site;

/**
 * An encoder or a decoder.
 *
 * @param input maps ids or pictures to hidden states
 * @param blocks in the order of the forward pass
 * @param norm after the last block
 * @param projection after the norm, to the head's width if the blocks' is another: OPT-350m
 */
public record StackPart(
    StackInput input,
    List<BlockPart> blocks,
    Optional<NormPart> norm,
    Optional<LinearPart> projection) {
  public StackPart {
    blocks = List.copyOf(blocks);
  }

  /** The number of blocks that a token passes through. */
  public int depth() {
    return blocks.stream().mapToInt(BlockPart::times).sum();
  }

  /** The input of a stack that reads tokens. */
  public InputPart tokenInput() {
    if (input instanceof InputPart tokens) {
      return tokens;
    }
    throw new IllegalStateException("This stack reads pictures.");
  }

  /** The input of a stack that reads pictures; empty for others. */
  public Optional<PatchInput> pictureInput() {
    return input instanceof PatchInput patches ? Optional.of(patches) : Optional.empty();
  }

  /** The same with another input. */
  public StackPart withInput(StackInput other) {
    return new StackPart(other, blocks, norm, projection);
  }

  /** Its modules, in the order of the forward pass. */
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>(input.modules());
    blocks.forEach(block -> modules.addAll(block.modules()));
    norm.ifPresent(modules::add);
    projection.ifPresent(modules::add);
    return modules;
  }

  /** The sites of a block, without the first block's table that later blocks read. */
  public List<Site> blockSites(int index) {
    List<Site> sites = blocks.get(index).sites();
    List<Site> first = index == 0 ? List.of() : blocks.get(0).sites();
    return sites.stream().filter(site -> !first.contains(site)).toList();
  }

  /** The sites after the last block; possibly none. */
  public List<Site> endSites() {
    List<Site> sites = new ArrayList<>();
    norm.map(NormPart::site).ifPresent(sites::add);
    projection.map(LinearPart::site).ifPresent(sites::add);
    return sites;
  }

  /** Its sites, in the order of the forward pass. */
  public List<Site> sites() {
    List<Site> sites = new ArrayList<>(input.sites());
    blocks.forEach(block -> sites.addAll(block.sites()));
    norm.map(NormPart::site).ifPresent(sites::add);
    projection.map(LinearPart::site).ifPresent(sites::add);
    return sites;
  }
}
