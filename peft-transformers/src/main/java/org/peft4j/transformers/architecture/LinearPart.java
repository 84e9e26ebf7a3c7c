package org.peft4j.transformers.architecture;

import org.peft4j.site.Site;

/**
 * A linear map {@code y = W·x (+ b)}.
 *
 * @param site its name, shape and role
 * @param inputsFirst whether a checkpoint stores W as [in, out] instead of [out, in]
 * @param deviation the standard deviation of a new W
 */
public record LinearPart(Site site, boolean inputsFirst, double deviation) {}
