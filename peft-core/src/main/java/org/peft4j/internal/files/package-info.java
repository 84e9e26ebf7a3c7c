/** Adapter files in Hugging Face PEFT's layout. */
@NullMarked
package org.peft4j.internal.files;

import org.jspecify.annotations.NullMarked;
