/** The description of a model of pictures: records, no arrays. */
@NullMarked
package org.peft4j.diffusion.internal.architecture;

import org.jspecify.annotations.NullMarked;
