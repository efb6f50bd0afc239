from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from tests.service.conftest import World

def test_x(world: World) -> None:
    world.listen()
    world.create("job", "lamp", timeout=20)
    world.start("lamp")
    print("\n".join(world.picture()))
    print(world.notifications())
    world.move_to("12:20")
    print(world.status("lamp"), world.job().status, world.events())
