package org.peft4j.site;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A named place in a frozen model where something may be grafted.
 *
 * <p>In a transformer a site is a module: {@code model.layers.0.self_attn.q_proj}. In a plain
 * Deeplearning4j model a layer with one matrix is one site named as the layer ({@code dense1}); a
 * layer with several is one site for each, named layer and parameter ({@code lstm.W}, {@code
 * lstm.RW}) and sharing the module name {@code lstm}.
 *
 * @param name the site's own path, unique in the model
 * @param module the path of the module it belongs to; equal to {@code name} unless the module has
 *     several sites
 * @param kind what it computes
 * @param role what it is for in the model
 * @param inputs features in (LINEAR), vocabulary size (EMBEDDING), channels in (CONVOLUTION)
 * @param outputs features out, embedding width, channels out
 * @param kernel the kernel's extents for a CONVOLUTION, else empty
 * @param parameters its frozen parameters, the weight first
 * @param padding the row of an EMBEDDING whose look-ups give no gradient, as PyTorch's {@code
 *     padding_idx}; empty for all others
 * @param former another name, which adapters of before have for it; empty for most. They load, and
 *     are saved with the name of today
 */
public record Site(
    String name,
    String module,
    SiteKind kind,
    SiteRole role,
    long inputs,
    long outputs,
    List<Long> kernel,
    List<SiteParameter> parameters,
    OptionalInt padding,
    Optional<String> former) {
  public Site {
    kernel = List.copyOf(kernel);
    parameters = List.copyOf(parameters);
  }

  private Site(
      String name,
      String module,
      SiteKind kind,
      long inputs,
      long outputs,
      List<Long> kernel,
      List<SiteParameter> parameters) {
    this(
        name,
        module,
        kind,
        SiteRole.OTHER,
        inputs,
        outputs,
        kernel,
        parameters,
        OptionalInt.empty(),
        Optional.empty());
  }

  /** A linear map. */
  public static Site linear(
      String name, String module, long in, long out, List<SiteParameter> parameters) {
    return new Site(name, module, SiteKind.LINEAR, in, out, List.of(), parameters);
  }

  /** An embedding table of {@code vocabulary} rows of width {@code dim}. */
  public static Site embedding(
      String name, String module, long vocabulary, long dim, List<SiteParameter> parameters) {
    return new Site(name, module, SiteKind.EMBEDDING, vocabulary, dim, List.of(), parameters);
  }

  /** A convolution of {@code in} to {@code out} channels. */
  public static Site convolution(
      String name,
      String module,
      long in,
      long out,
      List<Long> kernel,
      List<SiteParameter> parameters) {
    return new Site(name, module, SiteKind.CONVOLUTION, in, out, kernel, parameters);
  }

  /** A place between modules: an attention's keys and values, a sub-layer's output, a prompt. */
  public static Site place(String name, String module, SiteKind kind, long inputs, long outputs) {
    return new Site(name, module, kind, inputs, outputs, List.of(), List.of());
  }

  /** A site on which nothing can be grafted, whose parameters can be trained as a copy. */
  public static Site parameters(
      String name, String module, SiteKind kind, List<SiteParameter> parameters) {
    return new Site(name, module, kind, 0, 0, List.of(), parameters);
  }

  /** The same site with that role. */
  public Site as(SiteRole newRole) {
    return new Site(
        name, module, kind, newRole, inputs, outputs, kernel, parameters, padding, former);
  }

  /** The same site, which adapters of before know as {@code other}. */
  public Site formerly(String other) {
    return new Site(
        name, module, kind, role, inputs, outputs, kernel, parameters, padding, Optional.of(other));
  }

  /** The same embedding with that padding row. */
  public Site withPadding(OptionalInt row) {
    return new Site(name, module, kind, role, inputs, outputs, kernel, parameters, row, former);
  }

  /** The number of frozen elements here. */
  public long count() {
    return parameters.stream().mapToLong(SiteParameter::count).sum();
  }
}
