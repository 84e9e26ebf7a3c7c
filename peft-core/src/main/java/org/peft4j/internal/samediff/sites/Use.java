package org.peft4j.internal.samediff.sites;

import org.jspecify.annotations.Nullable;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.WeightView;

/**
 * An argument of an operation that is a parameter of a site.
 *
 * @param operation the operation's own name in its graph
 * @param argument the argument's index
 * @param parameter what it is at the site
 * @param view how the argument is seen as the site's weight; as stored for other parameters
 * @param beside the operation itself, where adapters act beside it: a {@link Product} or a {@link
 *     NativeOp} that looks up; null where they change the argument
 */
public record Use(
    String operation,
    int argument,
    SiteParameter parameter,
    WeightView view,
    @Nullable Record beside) {}
