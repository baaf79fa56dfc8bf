/** Parts of the written program that only some models need. */

export const separableConv2d = `class SeparableConv2d(nn.Module):
    """A convolution of each channel by itself, then one of 1x1 that mixes the channels."""

    def __init__(self, channels, between, filters, kernel_size, bias=True, **settings):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, between, kernel_size, groups=channels, bias=False, **settings)
        self.pointwise = nn.Conv2d(between, filters, 1, bias=bias)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))
`;

export const channelNorm = `class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each pixel."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
`;

export const squeezeExcite = `class SqueezeExcite(nn.Module):
    """Weighs each channel by a gate computed from all channels' means (Hu et al., 2018)."""

    def __init__(self, channels, hidden, activation=F.relu, gate=torch.sigmoid):
        super().__init__()
        self.reduce = nn.Linear(channels, hidden)
        self.expand = nn.Linear(hidden, channels)
        self.activation, self.gate = activation, gate

    def forward(self, x):
        gate = self.gate(self.expand(self.activation(self.reduce(x.mean((2, 3))))))
        return x * gate[:, :, None, None]
`;

export const viewFunctions = `
def seen(images, flip, right, down):
    """The images mirrored or not, moved to the right and down; an edge goes on beyond itself."""
    images = images.flip(3) if flip else images
    border = max(abs(right), abs(down))
    if border == 0:
        return images
    wide = F.pad(images, (border,) * 4, mode="replicate")
    top, left = border - down, border - right
    return wide[:, :, top : top + HEIGHT, left : left + WIDTH]
`;
