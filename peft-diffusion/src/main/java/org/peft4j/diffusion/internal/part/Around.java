package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.diffusion.internal.model.PicturePass;

/**
 * What is around a stage in a pass.
 *
 * @param in the pictures that it gets
 * @param out those that it gives
 * @param shared what the layers of the pass share
 * @param skip the result that is joined to its input; null for none
 */
public record Around(Area in, Area out, PicturePass shared, PicturePass.@Nullable Shared skip) {}
