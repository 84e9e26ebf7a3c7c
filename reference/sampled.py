"""Writes what diffusers makes of noise with a UNet, an autoencoder and guidance: PYTHONPATH=diffusers/src python sampled.py; needs the bases of diffusion.py

The loop is that of diffusers' pipeline of Stable Diffusion, computed in FP64.
"""

import setting  # first: sets the environment

import torch
from diffusers import AutoencoderKL, DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, UNet2DConditionModel

GOLDEN = setting.GOLDEN.parents[4] / "peft-diffusion/src/test/resources/golden"
SCHEDULES = GOLDEN.parent / "noise-schedules"
SAMPLERS = {"ddim": DDIMScheduler, "euler": EulerDiscreteScheduler, "dpm-solver++": DPMSolverMultistepScheduler}
STEPS = 4


def draw(name: str, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=setting.generator(name))


@torch.no_grad()
def main() -> None:
    base = GOLDEN / "bases/sd1"
    unet = UNet2DConditionModel.from_pretrained(base / "unet").double().eval()
    autoencoder = AutoencoderKL.from_pretrained(base / "vae").double().eval()
    noise, text, none = draw("noise", 2, 4, 8, 6), draw("text", 2, 5, 12), draw("none", 2, 5, 12)
    tensors = {"noise": noise, "text": text, "none": none}
    for schedule in ("stable_diffusion_1", "stable_diffusion_2"):
        for name, kind in SAMPLERS.items():
            for guidance in (1.0, 7.5):
                scheduler = kind.from_config(kind.load_config(SCHEDULES / schedule / "scheduler_config.json"))
                scheduler.set_timesteps(STEPS)
                sample = noise.double() * float(scheduler.init_noise_sigma)
                states = torch.cat([none, text]).double() if guidance > 1 else text.double()
                for step in scheduler.timesteps:
                    scaled = scheduler.scale_model_input(sample, step)
                    model_input = torch.cat([scaled, scaled]) if guidance > 1 else scaled
                    output = unet(model_input.double(), step, states).sample
                    if guidance > 1:
                        without, with_text = output.chunk(2)
                        output = without + guidance * (with_text - without)
                    sample = scheduler.step(output, step, sample).prev_sample
                tensors[f"{schedule} {name} {guidance}"] = sample.float()
    latents = 0.3 * draw("latents", 2, 4, 3, 2)
    decoded = autoencoder.decode(latents.double() / autoencoder.config.scaling_factor).sample
    tensors["latents"] = latents
    tensors["pixels"] = ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    setting.write_tensors(GOLDEN.parent / "sampled.safetensors", tensors)


main()
