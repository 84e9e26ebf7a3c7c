package org.peft4j.diffusion;

import java.nio.file.Path;
import org.peft4j.diffusion.internal.architecture.AutoencoderArchitecture;
import org.peft4j.diffusion.internal.architecture.PictureArchitecture;
import org.peft4j.diffusion.internal.config.AutoencoderConfig;
import org.peft4j.diffusion.internal.config.ModelFolder;
import org.peft4j.diffusion.internal.config.UNetConfig;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.error.PeftException;

/**
 * Loads models of diffusers' folders: Stable Diffusion 1.x and 2.x.
 *
 * <p>Weights that the file stores in the requested type are mapped, not copied: do not change the
 * file while the model is open. Others are converted.
 */
public final class Diffusion {
  private Diffusion() {}

  /**
   * Whether a path is of a model of diffusers: its folder, that of a part, or a part's {@code
   * config.json}. Says nothing about whether the model is supported.
   */
  public static boolean isModel(Path path) {
    return ModelFolder.isDiffusers(path);
  }

  /** Loads a UNet with {@link DiffusionOptions#defaults()}. */
  public static UNet loadUNet(Path folder) {
    return loadUNet(folder, DiffusionOptions.defaults());
  }

  /**
   * Loads a UNet.
   *
   * @param folder the model's, with {@code unet/config.json} and {@code
   *     unet/diffusion_pytorch_model.safetensors}, or that of the UNet itself
   * @throws PeftException if the model or a setting is not supported, such as Stable Diffusion XL,
   *     or a tensor is missing, unexpected or of another shape
   */
  public static UNet loadUNet(Path folder, DiffusionOptions options) {
    Path own = ModelFolder.part(folder, "unet");
    PictureArchitecture architecture = UNetConfig.read(ModelFolder.config(own));
    return new UNet(own, PictureLoader.load(own, architecture, options), options);
  }

  /** Loads an autoencoder with {@link DiffusionOptions#defaults()}. */
  public static Autoencoder loadAutoencoder(Path folder) {
    return loadAutoencoder(folder, DiffusionOptions.defaults());
  }

  /**
   * Loads the autoencoder of a model.
   *
   * @param folder the model's, with {@code vae/config.json} and {@code
   *     vae/diffusion_pytorch_model.safetensors}, or that of the autoencoder itself
   * @throws PeftException if the model or a setting is not supported, or a tensor is missing,
   *     unexpected or of another shape
   */
  public static Autoencoder loadAutoencoder(Path folder, DiffusionOptions options) {
    Path own = ModelFolder.part(folder, "vae");
    AutoencoderArchitecture architecture = AutoencoderConfig.read(ModelFolder.config(own));
    PictureModel encoder =
        PictureLoader.part(own, architecture.encoder(), architecture.decoder(), options);
    try {
      PictureModel decoder =
          PictureLoader.part(own, architecture.decoder(), architecture.encoder(), options);
      return new Autoencoder(own, architecture, encoder, decoder, options);
    } catch (PeftException e) {
      encoder.close();
      throw e;
    }
  }
}
