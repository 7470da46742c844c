module example.com/edge-auth-go-api

go 1.19
