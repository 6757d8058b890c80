"""Measures of the foot, over stature: where its joints and ends are, the boxes that touch, the boxes that carry mass.

Sources: height of the ankle, length of the foot and place of the ball are those of R. Drillis and R. Contini, "Body
segment parameters", 1966; the others are our choice.
"""

ANKLE_HEIGHT = 0.039  # of the ankle joint over the sole
LENGTH = 0.152  # from the heel to the tip of the toes
HEEL_LENGTH = 0.25 * LENGTH  # how far the foot reaches behind the ankle
BALL = 0.7  # of the foot's length, from the heel to the ball, where it bends
TOES_LENGTH = 0.045  # from the toe joint to the tip, where a recording does not have it
LEAST_TOES_LENGTH = 0.02  # shorter toes, which a recording may have, are taken to be so long
SMALL_TOE_OFFSET = 0.035  # to the side of the toe joint

# The boxes by which foot and toes touch the ground.
HALF_WIDTH = 0.026
HALF_HEIGHT = 0.012
TOES_HALF_HEIGHT = 0.010

# The uniform boxes whose inertia foot and toes have. They are a little narrower than the boxes that touch: a sole is
# wider than the foot above it.
INERTIA_WIDTH = 0.05
INERTIA_HEIGHT_OVER_ANKLE = 0.75  # over the height of the ankle
TOES_INERTIA_HEIGHT = 0.02
