module example.com/edge-auth-go-resource-server

go 1.19
