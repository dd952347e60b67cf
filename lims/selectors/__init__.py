"""Every read that another layer asks for; rows are fetched through guarded getters."""
