/** Plans for UNets from their configs alone. */
@NullMarked
package org.peft4j.diffusion.plan;

import org.jspecify.annotations.NullMarked;
