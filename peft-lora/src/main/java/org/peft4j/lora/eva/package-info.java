/** EVA: LoRA that begins with the principal components of each module's inputs. */
@NullMarked
package org.peft4j.lora.eva;

import org.jspecify.annotations.NullMarked;
