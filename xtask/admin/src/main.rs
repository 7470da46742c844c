mod blocklist;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    println!("{:?}", blocklist::write(a[1].as_ref(), a[2].as_ref()));
}
