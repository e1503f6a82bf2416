using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Parley.Conversations;
using Parley.Protocols.Json;

namespace Parley.Protocols.Coze;

public static partial class CozeWriter
{
    /// <summary>A file, without its content.</summary>
    public static void WriteFile(StoredFile file, JsonLine line)
        => line.Object()
            .String("id"u8, DecimalId.Render(file.Id))
            .Number("bytes"u8, file.Bytes)
            .Number("created_at"u8, file.CreatedAt.ToUnixTimeSeconds())
            .String("file_name"u8, file.Name)
            .EndObject();

    /// <summary>An owner as a user.</summary>
    public static void WriteUser(string owner, JsonLine line)
        => line.Object()
            .String("user_id"u8, owner)
            .String("user_name"u8, owner)
            .String("nick_name"u8, owner)
            .String("avatar_url"u8, "")
            .EndObject();

    /// <summary>The workspace of an owner.</summary>
    public static void WriteWorkspace(string owner, JsonLine line)
        => line.Object()
            .String("id"u8, WorkspaceIdOf(owner))
            .String("name"u8, "Personal")
            .String("icon_url"u8, "")
            .String("role_type"u8, "owner")
            .String("workspace_type"u8, "personal")
            .String("enterprise_id"u8, "")
            .String("owner_uid"u8, owner)
            .Name("admin_uids"u8).Array().EndArray()
            .String("description"u8, "")
            .String("joined_status"u8, "joined")
            .EndObject();

    /// <summary>A value that is kept for a user.</summary>
    public static void WriteVariable(string name, string value, DateTimeOffset createdAt, DateTimeOffset updatedAt, JsonLine line)
        => line.Object()
            .String("keyword"u8, name)
            .String("value"u8, value)
            .Number("create_time"u8, createdAt.ToUnixTimeSeconds())
            .Number("update_time"u8, updatedAt.ToUnixTimeSeconds())
            .EndObject();

    // From the name alone, so that it is the same after a restart and on another server: 19 digits, as Coze's ids have.
    private static string WorkspaceIdOf(string owner)
        => DecimalId.Render(new Id((BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(owner))) & 0x1FFF_FFFF_FFFF_FFFF) | 0x6000_0000_0000_0000));
}
