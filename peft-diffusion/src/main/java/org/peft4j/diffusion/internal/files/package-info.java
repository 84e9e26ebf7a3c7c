/** Adapters in the forms of other programs. */
@NullMarked
package org.peft4j.diffusion.internal.files;

import org.jspecify.annotations.NullMarked;
