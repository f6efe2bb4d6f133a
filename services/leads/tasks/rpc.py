"""TasksService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import tasks_pb2 as pb

from services.kit.database import Tx
from services.kit.replies import PageReply, RowReply
from services.leads.leads.store import leads
from services.leads.tasks import operations
from services.leads.tasks.store import codec, listing, tasks
from services.leads.values import day


class TasksServicer:
    """See proto/dealtrail/leads/v1/tasks.proto."""

    async def CreateTask(self, request: pb.CreateTaskRequest, tx: Tx) -> pb.Task:
        lead = await leads.get(tx, UUID(request.lead_id))
        due = day(request.due_date, "due_date")
        return codec.to_message(await operations.note(tx, lead, request.title.strip(), due))

    async def GetTask(self, request: pb.GetTaskRequest, tx: Tx) -> RowReply[pb.Task]:
        return codec.reply(await tasks.row(tx, UUID(request.id)))

    async def ListTasks(self, request: pb.ListTasksRequest, tx: Tx) -> PageReply[pb.ListTasksResponse]:
        return await listing.reply(tx, request, pb.ListTasksResponse, codec)

    async def CompleteTask(self, request: pb.CompleteTaskRequest, tx: Tx) -> pb.Task:
        return codec.to_message(await operations.complete(tx, UUID(request.id)))
